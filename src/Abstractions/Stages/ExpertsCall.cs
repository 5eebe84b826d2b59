namespace FusedMoe;

/// <summary>
/// Arguments of one call of modular experts. All tensors are on the stream's device. Hidden states and weights are
/// never written. Ids outside 0 … G - 1 contribute nothing and are never used as an index.
/// </summary>
public readonly struct ExpertsCall
{
    /// <summary>
    /// Written in full; exactly <see cref="WorkspaceShapes.Output"/> for the call's rows. May share memory with
    /// <see cref="Workspace13"/>.
    /// </summary>
    public required TensorView Output { get; init; }

    /// <summary><c>[M, K]</c> or <c>[E, T·D, K]</c>; quantized when prepare quantized them.</summary>
    public required TensorView HiddenStates { get; init; }

    /// <summary>
    /// Scales of quantized hidden states, leading dimensions as theirs: tensor <c>[1, 1]</c>, token <c>[M, 1]</c>,
    /// along c <c>[M, ceil(K/c)]</c>.
    /// </summary>
    public TensorView HiddenScales { get; init; }

    /// <summary>float32 <c>[M, k]</c> router weights.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>int32 <c>[M, k]</c> global expert ids.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>
    /// Weights this backend prepared, or another that names the same layout; of <see cref="WeightLayout.Checkpoint"/> only
    /// this one, for it may keep more with them than views of the source.
    /// </summary>
    public required IPreparedWeights Weights { get; init; }

    /// <summary>
    /// int32 <c>[G]</c>: local expert or -1; <see cref="TensorView.None"/> when all experts are local.
    /// </summary>
    public TensorView ExpertMap { get; init; }

    /// <summary>Rows per local expert when the transport knows them; always given in the batched format.</summary>
    public ExpertTokens ExpertTokens { get; init; }

    /// <summary>Scratch of the asked shape; shares memory with the output.</summary>
    public required TensorView Workspace13 { get; init; }

    /// <summary>Scratch of the asked shape.</summary>
    public required TensorView Workspace2 { get; init; }

    /// <summary>G: experts of the layer.</summary>
    public required int GlobalExperts { get; init; }

    /// <summary>True when the router weight was multiplied into the input; weights then count as 1.</summary>
    public bool RouterWeightOnInput { get; init; }

    /// <summary>
    /// int32 scalar on the device: rows that are live, the rest is neither read nor written;
    /// <see cref="TensorView.None"/> when all are.
    /// </summary>
    public TensorView ValidTokens { get; init; }

    /// <summary>
    /// Tokens expected to be live, in the batched format those of all ranks that dispatch; only picks configurations. 0 means
    /// all.
    /// </summary>
    public int TokensHint { get; init; }

    /// <summary>
    /// A configuration of <see cref="ITunableExperts"/> that a measured table names; null, or a name without an image, lets
    /// the backend choose.
    /// </summary>
    public string? Configuration { get; init; }

    /// <summary>LoRA adapters, or null.</summary>
    public LoraContext? Lora { get; init; }

    /// <summary>
    /// True when the caller takes an unfinalized result (<see cref="IFusedExpertsDescriptor.CanDeferFinalize"/>).
    /// </summary>
    public bool DeferFinalize { get; init; }
}
