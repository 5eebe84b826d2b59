namespace FusedMoe.Experts.Cpu;

/// <summary>
/// The one operation that both grouped products are made of: <c>c[r, j] = Σ a[r, i]·w[j, i]</c>. Every element is
/// summed in the same order whatever the number of rows and columns of the call, so a row's bits do not depend on its
/// neighbours.
/// </summary>
internal abstract unsafe class DotKernel
{
    /// <summary>Lanes that float32 operands are padded to with zeros, in elements.</summary>
    public const int Padding = 16;

    /// <summary>The instruction set, as reports show it.</summary>
    public abstract string Name { get; }

    /// <summary>Type of both operands: float32 padded to <see cref="Padding"/>, or bf16 unpadded.</summary>
    public virtual DType Operand => DType.Float32;

    /// <summary>Multiplies rows by weight rows.</summary>
    /// <param name="rows">Addresses of the activation rows.</param>
    /// <param name="m">Number of activation rows.</param>
    /// <param name="w">Address of the first weight row.</param>
    /// <param name="stride">Bytes from one weight row to the next.</param>
    /// <param name="n">Number of weight rows.</param>
    /// <param name="k">Length of the products in elements; a multiple of <see cref="Padding"/> for float32.</param>
    /// <param name="c">Results, row-major.</param>
    /// <param name="ldc">Elements from one row of results to the next.</param>
    /// <param name="next">
    /// Weight rows with the same stride that are multiplied after these, or null: a kernel may fetch them ahead.
    /// </param>
    public abstract void Multiply(
        byte** rows, int m, byte* w, nint stride, int n, int k, float* c, int ldc, byte* next);
}
