namespace FusedMoe.Host.Benchmarks;

/// <summary>How tokens of a measurement choose experts.</summary>
internal enum RoutingDistribution
{
    /// <summary>All experts alike.</summary>
    Uniform,

    /// <summary>Zipf's law with exponent 1.</summary>
    Zipf,

    /// <summary>Every token takes experts 0 to k - 1.</summary>
    OneExpert,
}
