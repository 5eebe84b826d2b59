namespace FusedMoe.Runtime;

/// <summary>What every step of a kernel needs to know: the layer on this rank, its tensors and its limits.</summary>
internal sealed record KernelFacts
{
    /// <summary>The rank's problem.</summary>
    public required RankProblem Problem { get; init; }

    /// <summary>The layer's tensors.</summary>
    public required MoeLayerWeights Weights { get; init; }

    /// <summary>int32 <c>[G]</c> on the device, or <see cref="TensorView.None"/>.</summary>
    public required TensorView ExpertMap { get; init; }

    /// <summary>Worst-case sizes of a call of the experts.</summary>
    public required ExpertsProblem MaxProblem { get; init; }

    /// <summary>Type of top-k ids that the transport needs.</summary>
    public required DType IdsDType { get; init; }

    /// <summary>True for a chain whose experts route inside.</summary>
    public required bool IsMonolithic { get; init; }

    /// <summary>True when the chain has a router.</summary>
    public required bool HasRouter { get; init; }

    /// <summary>Marks steps in a profiler; null when none are marked.</summary>
    public IStepRanges? Ranges { get; init; }

    /// <summary>The layer as stages see it.</summary>
    public MoeLayerSpec Layer => Problem.StageLayer;

    /// <summary>Sizes as stages see them.</summary>
    public MoeShape Shape => Problem.StageLayer.Shape;

    /// <summary>G as routers see it: columns of the logits.</summary>
    public int Logits => Problem.RouterLayer.Shape.Experts;

    /// <summary>Most rows of a call.</summary>
    public int MaxTokens => Problem.Deployment.MaxTokens;

    /// <summary>The device.</summary>
    public DeviceId Device => Problem.Deployment.Device.Id;

    /// <summary>Marks a step until the result is disposed.</summary>
    public StepRange Step(LayerStep step) => new(Ranges, step);
}
