namespace FusedMoe.Conformance;

/// <summary>Holds declared workspace shapes to what they promise over token counts.</summary>
internal static class WorkspaceCheck
{
    private static readonly int[] TokenCounts = [1, 2, 3, 7, 8, 16, 17, 33, 64, 127, 128, 129, 1000, 4096];

    /// <summary>Shapes never shrink as tokens grow, and the output's is the one its reduction expects.</summary>
    public static void RequireMonotone(
        IExpertsBase experts, WeightAndReduceKind left, Func<int, ExpertsProblem> problem)
    {
        WorkspaceShapes last = default;
        foreach (var tokens in TokenCounts)
        {
            var shapes = experts.WorkspaceShapes(problem(tokens));
            RequireGrowing("workspace13", last.Workspace13, shapes.Workspace13, tokens);
            RequireGrowing("workspace2", last.Workspace2, shapes.Workspace2, tokens);
            RequireOutput(experts.Descriptor.ActivationFormat, left, problem(tokens), shapes.Output);
            last = shapes;
        }
    }

    private static void RequireGrowing(string name, TensorShape last, TensorShape now, int tokens)
    {
        if (now.Elements < last.Elements)
        {
            throw new CaseFailedException(
                $"{name} for {tokens} tokens must be at least {last} as for fewer tokens, got {now}.");
        }
    }

    private static void RequireOutput(
        ActivationFormat format, WeightAndReduceKind left, in ExpertsProblem problem, TensorShape output)
    {
        var expected = (format, left) switch
        {
            (ActivationFormat.Batched, _) =>
                new TensorShape(
                    problem.LocalExperts, (long)problem.MaxTokensPerRank * problem.Dispatchers, problem.Hidden),
            (_, WeightAndReduceKind.NoOp) => new TensorShape(problem.Tokens, problem.Hidden),
            _ => new TensorShape(problem.Tokens, problem.TopK, problem.Hidden),
        };
        if (output != expected)
        {
            throw new CaseFailedException($"Output shape for {problem} must be {expected}, got {output}.");
        }
    }
}
