namespace FusedMoe;

/// <summary>Names of <see cref="ActivationFormat"/> values.</summary>
public static class ActivationFormatExtensions
{
    /// <summary>The word in refusals and messages: <c>standard</c> or <c>batched</c>.</summary>
    public static string Name(this ActivationFormat format) => format == ActivationFormat.Standard ? "standard" : "batched";
}
