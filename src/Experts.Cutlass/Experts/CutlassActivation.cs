namespace FusedMoe.Experts.Cutlass;

/// <summary>The activation between the products where no epilogue has it.</summary>
internal sealed class CutlassActivation(CutlassLayer layer, IActivationOps? activations)
{
    /// <summary>True when the first product's epilogue has it.</summary>
    public bool IsFused => layer.Epilogue != CutlassEpilogue.Plain;

    /// <summary>Enqueues the activation of live rows.</summary>
    /// <param name="input">The first product's output, <c>[rows, N]</c> or <c>[E, rows, N]</c>.</param>
    /// <param name="output">Where the second product's input begins.</param>
    /// <param name="live">Live tokens, live rows an expert, or <see cref="TensorView.None"/>.</param>
    /// <param name="rowsPerUnit">Rows that one unit of a scalar <paramref name="live"/> stands for.</param>
    /// <param name="stream">Orders the work.</param>
    public void Run(TensorView input, nint output, TensorView live, int rowsPerUnit, IComputeStream stream)
    {
        var service = activations ?? throw new InvalidOperationException(
            $"Activation {layer.Activation.Name} needs an IActivationOps for cuda, got none; "
            + "load the prepare-finalize plugin.");
        var shape = input.Shape.With(input.Shape.Rank - 1, layer.Shape.Intermediate);
        service.Activate(
            new ActivationCall
            {
                Activation = layer.Activation,
                Input = input,
                Output = TensorView.Contiguous(output, layer.DType, shape, input.Device),
                LiveRows = live,
                RowsPerUnit = rowsPerUnit,
            },
            stream);
    }
}
