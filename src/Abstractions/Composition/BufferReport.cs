namespace FusedMoe;

/// <summary>One buffer that a kernel holds.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Bytes">Its size.</param>
public sealed record BufferReport(string Name, long Bytes);
