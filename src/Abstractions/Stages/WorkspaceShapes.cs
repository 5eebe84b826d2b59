namespace FusedMoe;

/// <summary>
/// What the experts need for one call, in elements of <see cref="IExpertsBase.WorkspaceDType"/>. Workspace13 and the
/// output are views from offset 0 of the same memory; workspace2 is the one independent scratch. A shape may be empty.
/// </summary>
/// <param name="Workspace13">Scratch that shares memory with the output.</param>
/// <param name="Workspace2">Independent scratch.</param>
/// <param name="Output">The exact output shape.</param>
public readonly record struct WorkspaceShapes(TensorShape Workspace13, TensorShape Workspace2, TensorShape Output);
