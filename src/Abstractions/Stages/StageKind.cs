namespace FusedMoe;

/// <summary>The steps a chain is made of.</summary>
public enum StageKind
{
    /// <summary>Router logits to top-k ids and weights.</summary>
    Router,

    /// <summary>Prepare and finalize.</summary>
    PrepareFinalize,

    /// <summary>Experts.</summary>
    Experts,
}
