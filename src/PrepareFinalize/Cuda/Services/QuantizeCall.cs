namespace FusedMoe.PrepareFinalize;

/// <summary>Arguments of a quantization that is bounded by live rows.</summary>
internal readonly record struct QuantizeCall(
    TensorView Input, QuantKey Key, TensorView StaticScale, TensorView Output, TensorView Scales, TensorView LiveRows);
