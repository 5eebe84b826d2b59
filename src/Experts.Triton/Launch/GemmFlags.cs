namespace FusedMoe.Experts.Triton;

/// <summary>Bits of the kernels' <c>flags</c>; the kernel sources name them by number.</summary>
[Flags]
internal enum GemmFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A float32 bias is added.</summary>
    WideBias = 1,

    /// <summary>A bias of the activation type is added.</summary>
    NarrowBias = 2,

    /// <summary>Squared ReLU.</summary>
    Relu2 = 4,

    /// <summary>The router weight is applied.</summary>
    RouterWeight = 8,

    /// <summary>Zero points are stored.</summary>
    ZeroPoints = 16,

    /// <summary>Global ids go through the expert map.</summary>
    ExpertMap = 32,

    /// <summary>The number of live tokens lies on the device.</summary>
    ValidTokens = 64,
}
