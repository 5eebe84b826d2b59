namespace FusedMoe.Runtime;

/// <summary>One micro-batch on its way through a modular chain.</summary>
internal struct Flight
{
    /// <summary>The lane's buffers.</summary>
    public required Lane Lane;

    /// <summary>Ids and weights: the router's or caller's, then the dispatched ones.</summary>
    public Routed Routed;

    /// <summary>The router's or caller's ids and weights.</summary>
    public required Routed Chosen;

    /// <summary>What prepare gave.</summary>
    public PreparedInputs Prepared;

    /// <summary>The backend that serves this call.</summary>
    public ExpertsSlot Slot;

    /// <summary>What the experts wrote.</summary>
    public TensorView ExpertOutput;

    /// <summary>What the experts left, when they did not write.</summary>
    public ExpertsResult Result;
}
