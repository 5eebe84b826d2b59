namespace FusedMoe.PrepareFinalize;

/// <summary>How the GPU finds scales.</summary>
internal enum CudaQuantizationKind
{
    /// <summary>Groups of 16, 32, 64 or 128 columns of a row.</summary>
    Groups,

    /// <summary>Tiles: whole rows, or 128 x 128.</summary>
    Tiles,

    /// <summary>Scales that the checkpoint gives.</summary>
    Given,

    /// <summary>One scale over everything.</summary>
    Whole,
}
