namespace FusedMoe;

/// <summary>Distributions of <see cref="RoutingMethod.Simulated"/>.</summary>
public enum SimulatedRouting
{
    /// <summary>Independent uniform ids (repeats are possible), weights 1.</summary>
    Uniform,

    /// <summary><c>floor(sigmoid(N(0, 1))·E)</c>, weights |N(0, 1)| divided by their sum.</summary>
    Normal,

    /// <summary>Distinct ids by Zipf's law with exponent 1, weights 1/k.</summary>
    Zipf,

    /// <summary>Ids 0 to k - 1 for every token, weights 1/k.</summary>
    OneExpert,
}
