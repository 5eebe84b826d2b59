namespace FusedMoe;

/// <summary>The steps of one call of a layer.</summary>
public enum LayerStep
{
    /// <summary>Logits and the router.</summary>
    Route,

    /// <summary>Quantizes and dispatches tokens.</summary>
    Prepare,

    /// <summary>Both grouped products and what is between.</summary>
    Experts,

    /// <summary>Combines and reduces.</summary>
    Finalize,
}
