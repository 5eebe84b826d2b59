namespace FusedMoe.Experts.Triton;

/// <summary>Where the activation runs.</summary>
internal enum ActivationForm
{
    /// <summary>In the first product's tile, on gate and up columns.</summary>
    FusedGate,

    /// <summary>Squared ReLU in the first product's tile.</summary>
    FusedRelu2,

    /// <summary>In a kernel of its own between the products.</summary>
    Separate,
}
