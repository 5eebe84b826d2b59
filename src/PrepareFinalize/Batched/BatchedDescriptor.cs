namespace FusedMoe.PrepareFinalize;

internal sealed class BatchedDescriptor(
    IEnumerable<IActivationQuantizer> quantizers, IEnumerable<ITopKWeightAndReduceProvider> strategies)
    : DispatchDescriptor(quantizers, strategies)
{
    public override string Name => "batched";

    public override string Summary =>
        "Fills a block of fixed capacity for each local expert, alone or over all ranks, on the cpu.";

    public override ActivationFormat ActivationFormat => ActivationFormat.Batched;

    protected override AllToAllKind AllToAll => AllToAllKind.Batched;

    /// <summary>
    /// Also without all-to-all: the rank then fills the blocks of its own experts from its own tokens.
    /// </summary>
    public override Support SupportsParallel(ParallelSpec parallel) =>
        RequireKind(parallel, parallel.AllToAll is AllToAllKind.Batched or AllToAllKind.None);

    /// <summary>
    /// Scales of blocks of rows are refused: a row that moves into an expert's block would leave its scale behind.
    /// </summary>
    public override Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) =>
        quant.Activation is { Scale.Group.Rows: > 1 } key
            ? Support.No(
                RefusalCodes.QuantScheme,
                "activation scales in expert blocks",
                "one a row, one a group of columns or one for all",
                $"{key.Scale.Group} ({key.Name})",
                "choose another key, or 'all-gather' or 'all-to-all'")
            : base.SupportsQuant(quant, activationDType, weightDType);

    protected override DispatchLane CreateLane(DispatchContext context)
    {
        var rows = (long)context.LocalExperts * context.Ranks * context.MaxTokens;
        return rows <= int.MaxValue
            ? new BatchedLane(context)
            : throw new ArgumentException(
                $"Rows of all experts' blocks must be at most {int.MaxValue}, got {rows}; "
                + "lower FusedMoe:Deployment:MaxTokens.");
    }
}
