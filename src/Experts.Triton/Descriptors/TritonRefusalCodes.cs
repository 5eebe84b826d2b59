namespace FusedMoe.Experts.Triton;

/// <summary>Refusal codes of this plugin.</summary>
internal static class TritonRefusalCodes
{
    /// <summary>A building block that another plugin brings is missing.</summary>
    public static readonly RefusalCode DeviceService = new("triton.device-service");

    /// <summary>One expert's weight is too large for 32-bit offsets.</summary>
    public static readonly RefusalCode WeightSize = new("triton.weight-size");
}
