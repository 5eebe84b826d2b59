using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Layers;

/// <summary>What a verb wants of a checkpoint.</summary>
/// <param name="Model">Folder, or null for the bundled sample.</param>
/// <param name="Layer">Index, or null for the recorded or first layer.</param>
/// <param name="Device">Device by name, or null for the configured one.</param>
/// <param name="Tokens">Most tokens of a call.</param>
/// <param name="Activations">Whether activations are quantized.</param>
/// <param name="Selection">Explicit stages.</param>
internal sealed record CheckpointRequest(
    string? Model, int? Layer, string? Device, int Tokens, ActivationQuantization Activations, StageSelection Selection);
