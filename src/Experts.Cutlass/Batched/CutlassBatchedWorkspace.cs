namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// The memory plan of the batched format: the second product's input is all of workspace2; workspace13, which the output
/// shares, holds <c>[E, T·D, N]</c> where the activation is a step of its own and nothing otherwise.
/// </summary>
internal static class CutlassBatchedWorkspace
{
    /// <summary>Shapes for a problem, in elements of the activation type.</summary>
    public static WorkspaceShapes Shapes(CutlassLayer layer, in ExpertsProblem problem)
    {
        var capacity = checked((long)problem.MaxTokensPerRank * problem.Dispatchers);
        var rows = checked(problem.LocalExperts * capacity);
        return new WorkspaceShapes(
            new TensorShape(layer.Epilogue == CutlassEpilogue.Plain ? checked(rows * layer.GateUp) : 0),
            new TensorShape(checked(rows * layer.Shape.Intermediate)),
            new TensorShape(problem.LocalExperts, capacity, layer.Shape.Hidden));
    }
}
