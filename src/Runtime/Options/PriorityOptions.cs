namespace FusedMoe.Runtime;

/// <summary>
/// Options of <c>FusedMoe:Composer:Priority</c>: names, best first. Loaded stages that are not listed come after, by
/// name.
/// </summary>
public sealed class PriorityOptions
{
    /// <summary>Routers. Default: <c>cuda-topk, topk</c>.</summary>
    public IList<string> Router { get; set; } = ["cuda-topk", "topk"];

    /// <summary>
    /// Prepare/finalize schemes. Default: the local ones, then <c>all-to-all, all-gather, batched</c>.
    /// </summary>
    public IList<string> PrepareAndFinalize { get; set; } =
    [
        "cuda-local", "local", "all-to-all", "all-gather", "cuda-batched", "batched", "cuda-local-monolithic",
        "local-monolithic",
    ];

    /// <summary>
    /// Experts. Default: <c>cutlass, cutlass-batched, triton, triton-batched, cpu, cpu-batched, cpu-monolithic, reference</c>.
    /// </summary>
    public IList<string> Experts { get; set; } =
        ["cutlass", "cutlass-batched", "triton", "triton-batched", "cpu", "cpu-batched", "cpu-monolithic", "reference"];
}
