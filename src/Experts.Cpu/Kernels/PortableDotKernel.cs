using System.Numerics;
using System.Runtime.CompilerServices;

namespace FusedMoe.Experts.Cpu;

/// <summary>Dot products with <see cref="Vector{T}"/>.</summary>
internal sealed unsafe class PortableDotKernel : DotKernel
{
    /// <inheritdoc/>
    public override string Name => "portable";

    /// <inheritdoc/>
    public override void Multiply(
        byte** rows, int m, byte* w, nint stride, int n, int k, float* c, int ldc, byte* next)
    {
        for (var r = 0; r < m; r++)
        {
            for (var j = 0; j < n; j++)
            {
                c[((long)r * ldc) + j] = Dot((float*)rows[r], (float*)(w + (j * stride)), k);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* a, float* w, int k)
    {
        var sum = Vector<float>.Zero;
        for (var i = 0; i < k; i += Vector<float>.Count)
        {
            sum += Vector.Load(a + i) * Vector.Load(w + i);
        }

        return Vector.Sum(sum);
    }
}
