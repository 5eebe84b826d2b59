namespace FusedMoe.Runtime.Checkpoints;

/// <summary>A layer with experts.</summary>
/// <param name="Index">Its number in the model, from 0.</param>
/// <param name="Prefix">What its tensors' names start with, for example <c>model.layers.1.mlp</c>.</param>
public sealed record MoeCheckpointLayer(int Index, string Prefix);
