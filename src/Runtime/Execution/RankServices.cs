namespace FusedMoe.Runtime;

/// <summary>What a rank's kernel is built with.</summary>
/// <param name="Device">The opened device.</param>
/// <param name="Communicator">The rank's communicator; null when nothing travels.</param>
/// <param name="LayerOps">Gate projection and addition on the device; null when no plugin offers them.</param>
/// <param name="Ranges">Marks steps in a profiler; null when none are marked.</param>
internal sealed record RankServices(
    IComputeDevice Device, ICommunicator? Communicator, ILayerOps? LayerOps, IStepRanges? Ranges);
