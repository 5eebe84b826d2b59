namespace FusedMoe.Experts.Cpu;

/// <summary>Workspace shapes of standard calls: bytes counted in elements of the activation type.</summary>
internal static class StandardWorkspace
{
    /// <summary>The shapes of a call.</summary>
    public static WorkspaceShapes Shapes(
        ExpertEngine engine, MoeLayerSpec layer, in ExpertsProblem problem, bool routes)
    {
        var pairs = (long)problem.Tokens * problem.TopK;
        return new WorkspaceShapes(
            Elements(engine.InputBytes(problem.Tokens), layer.ActivationDType),
            Elements(engine.Layout(pairs, sumsOverK: true, routes).Bytes, layer.ActivationDType),
            new TensorShape(problem.Tokens, layer.Shape.Hidden));
    }

    /// <summary>A flat shape of at least <paramref name="bytes"/>.</summary>
    public static TensorShape Elements(long bytes, DType dtype) => new(((bytes * 8) + dtype.Bits() - 1) / dtype.Bits());
}
