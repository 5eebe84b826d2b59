namespace FusedMoe.Conformance;

/// <summary>Activations as the reference quantizer leaves them, and the values they stand for.</summary>
internal sealed record QuantizedRows(HostTensor Elements, HostTensor Scales, float[] Values);
