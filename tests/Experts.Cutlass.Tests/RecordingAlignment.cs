namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>Keeps the calls it gets and does nothing.</summary>
internal sealed class RecordingAlignment : IExpertAlignment
{
    public DeviceKind DeviceKind => DeviceKind.Cuda;

    /// <summary>Calls so far.</summary>
    public List<ExpertAlignmentCall> Calls { get; } = [];

    public int Capacity(int pairs, int localExperts, int blockSize) => pairs;

    public long ScratchBytes(int pairs, int localExperts) => 0;

    public void Align(in ExpertAlignmentCall call, IComputeStream stream) => Calls.Add(call);
}
