namespace FusedMoe.PrepareFinalize;

internal sealed class InProcessCommunicatorGroupFactory : ICommunicatorGroupFactory
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public IReadOnlyList<ICommunicator> CreateGroup(int size) => new InProcessCommunicatorGroup(size);
}
