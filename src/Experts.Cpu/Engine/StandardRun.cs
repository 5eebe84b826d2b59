namespace FusedMoe.Experts.Cpu;

/// <summary>Arguments of a standard run, modular or monolithic; addresses are of host memory.</summary>
internal readonly ref struct StandardRun
{
    /// <summary><c>[M, K]</c>, written.</summary>
    public required TensorView Output { get; init; }

    /// <summary><c>[M, K]</c>.</summary>
    public required TensorView HiddenStates { get; init; }

    /// <summary>Scales of quantized hidden states.</summary>
    public required TensorView HiddenScales { get; init; }

    /// <summary>Live rows.</summary>
    public required int Tokens { get; init; }

    /// <summary>k.</summary>
    public required int TopK { get; init; }

    /// <summary>Dense int32 ids of the pairs.</summary>
    public required nint TopKIds { get; init; }

    /// <summary>Dense float32 weights of the pairs.</summary>
    public required nint TopKWeights { get; init; }

    /// <summary>int32 <c>[G]</c> or none.</summary>
    public required TensorView ExpertMap { get; init; }

    /// <summary>G.</summary>
    public required int GlobalExperts { get; init; }

    /// <summary>True when weights count as 1.</summary>
    public required bool RouterWeightOnInput { get; init; }

    /// <summary>True when ids and weights lie in workspace2.</summary>
    public required bool Routes { get; init; }

    /// <summary>Weights.</summary>
    public required ExpertWeights Weights { get; init; }

    /// <summary>Scratch that shares memory with the output.</summary>
    public required TensorView Workspace13 { get; init; }

    /// <summary>Independent scratch.</summary>
    public required TensorView Workspace2 { get; init; }
}
