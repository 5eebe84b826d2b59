namespace FusedMoe.Conformance;

/// <summary>Names of the groups of cases; they appear in ids and reports.</summary>
public static class CaseGroups
{
    /// <summary>Sizes: tokens, experts, top-k, hidden, intermediate.</summary>
    public const string Shape = "shape";

    /// <summary>Activation and weight types.</summary>
    public const string DataType = "dtype";

    /// <summary>Activation functions with their parameters.</summary>
    public const string Activation = "activation";

    /// <summary>Routing methods.</summary>
    public const string Routing = "routing";

    /// <summary>Weight and activation quantization.</summary>
    public const string Quantization = "quantization";

    /// <summary>Biases and shared experts.</summary>
    public const string Features = "features";

    /// <summary>Maps from global to local experts.</summary>
    public const string ExpertMap = "expert-map";

    /// <summary>Expert ids: invalid ones, one expert for all, experts without tokens.</summary>
    public const string ExpertIds = "expert-ids";

    /// <summary>NaN and infinities stay in their row.</summary>
    public const string Containment = "containment";

    /// <summary>Inputs unmodified, outputs fully written, buffers not exceeded.</summary>
    public const string Integrity = "integrity";

    /// <summary>Bitwise equal results from run to run.</summary>
    public const string Repeatability = "repeatability";

    /// <summary>A row's bits do not depend on its neighbours.</summary>
    public const string BatchInvariance = "batch-invariance";

    /// <summary>No allocation per call.</summary>
    public const string Allocation = "allocation";

    /// <summary>Declared workspace shapes.</summary>
    public const string Workspace = "workspace";

    /// <summary>Weights that are not the layer's are refused by name.</summary>
    public const string Weights = "weights";

    /// <summary>Calls with a wrong tensor are refused by name.</summary>
    public const string Arguments = "arguments";

    /// <summary>A device-side count gates the rows.</summary>
    public const string ValidTokens = "valid-tokens";

    /// <summary>Every configuration that a tunable backend names.</summary>
    public const string Configurations = "configurations";

    /// <summary>Several ranks against one.</summary>
    public const string Parallel = "parallel";

    /// <summary>Async forms and interleaved micro-batches against the plain ones.</summary>
    public const string Async = "async";

    /// <summary>Capture in a graph and replay.</summary>
    public const string Graph = "graph";

    /// <summary>Unfinalized results.</summary>
    public const string DeferredFinalize = "deferred-finalize";

    /// <summary>Capability queries and their refusals.</summary>
    public const string Refusals = "refusals";

    /// <summary>Plans never name a refused chain.</summary>
    public const string Plans = "plans";

    /// <summary>Single building blocks: quantizer, reduction, layer steps.</summary>
    public const string Service = "service";
}
