namespace FusedMoe;

/// <summary>Kinds of devices. Values agree with DLPack's <c>DLDeviceType</c>.</summary>
public enum DeviceKind
{
    /// <summary>Host memory and processors (<c>kDLCPU</c>).</summary>
    Cpu = 1,

    /// <summary>An NVIDIA GPU (<c>kDLCUDA</c>).</summary>
    Cuda = 2,
}
