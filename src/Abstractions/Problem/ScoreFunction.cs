namespace FusedMoe;

/// <summary>How a router logit becomes a score, in float32.</summary>
public enum ScoreFunction
{
    /// <summary>The logit itself.</summary>
    Identity,

    /// <summary>
    /// Softmax over all experts, or over the selected ones (<see cref="RoutingSpec.ScoreAfterSelection"/>).
    /// </summary>
    Softmax,

    /// <summary>1 / (1 + exp(-logit)).</summary>
    Sigmoid,

    /// <summary>sqrt(log(1 + exp(logit))).</summary>
    SqrtSoftplus,
}
