namespace FusedMoe.Conformance;

/// <summary>How a problem's expert ids are drawn.</summary>
internal enum IdPattern
{
    /// <summary>Distinct experts a token.</summary>
    Random,

    /// <summary>The reference router's ids of random logits.</summary>
    Routed,

    /// <summary>As <see cref="Routed"/>, the logits being the hidden states times the gate.</summary>
    Gated,

    /// <summary>The same experts for every token.</summary>
    SameExperts,

    /// <summary>Only the first half of the experts (at least top-k of them).</summary>
    FirstHalf,

    /// <summary>Half of the slots hold -1, G, int.MinValue or int.MaxValue, with NaN as their weight.</summary>
    Invalid,

    /// <summary>No slot holds a valid id.</summary>
    AllInvalid,
}
