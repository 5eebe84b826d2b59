namespace FusedMoe;

/// <summary>How a group of experts is scored in grouped top-k.</summary>
public enum GroupScore
{
    /// <summary>The best score of the group.</summary>
    Max,

    /// <summary>The sum of the group's two best (biased) scores.</summary>
    SumOfTopTwo,
}
