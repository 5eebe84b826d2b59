namespace FusedMoe;

/// <summary>
/// Implemented by a stage's descriptor when its quantization and types depend on the device or on the layer's sizes, for
/// example because some kernels have an image for one architecture only, or for rows that vector loads fit. The composer asks
/// it after <see cref="ICapabilities.SupportsQuant"/>, which says what runs on some device at some size; both must say yes.
/// </summary>
public interface IDeviceBoundQuant
{
    /// <summary>
    /// Weight and activation quantization together with the unquantized types, on <paramref name="device"/> and at the sizes of
    /// <paramref name="shape"/>. Pure as every capability query. What <see cref="ICapabilities.SupportsDevice"/> or
    /// <see cref="ICapabilities.SupportsQuant"/> refuses needs no second reason: the answer may then be yes.
    /// </summary>
    /// <param name="device">The device that the stage is to run on.</param>
    /// <param name="shape">Sizes of this rank.</param>
    /// <param name="quant">Quantization of weights and activations.</param>
    /// <param name="activationDType">Type of unquantized activations and of the output.</param>
    /// <param name="weightDType">Type of unquantized weights.</param>
    Support SupportsQuantOn(
        DeviceTraits device, MoeShape shape, QuantSpec quant, DType activationDType, DType weightDType);
}
