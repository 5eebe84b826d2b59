namespace FusedMoe.Cuda;

/// <summary>One parameter of a kernel.</summary>
/// <param name="Name">Name in the source, or its ordinal.</param>
/// <param name="Offset">Offset in the argument struct, in bytes.</param>
/// <param name="Size">Size in bytes.</param>
public sealed record KernelParameter(string Name, int Offset, int Size);
