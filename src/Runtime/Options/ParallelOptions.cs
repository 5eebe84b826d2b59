namespace FusedMoe.Runtime;

/// <summary>
/// Options of <c>FusedMoe:Deployment:Parallel</c>: this rank's place, flattened by <see cref="ParallelSpec.Make"/>.
/// </summary>
public sealed class ParallelOptions
{
    /// <summary>Tensor-parallel ranks, 1 to 1024. Default: 1.</summary>
    public int TensorSize { get; set; } = 1;

    /// <summary>This rank among the tensor-parallel ranks. Default: 0.</summary>
    public int TensorRank { get; set; }

    /// <summary>Data-parallel ranks, 1 to 1024. Default: 1.</summary>
    public int DataSize { get; set; } = 1;

    /// <summary>This rank among the data-parallel ranks. Default: 0.</summary>
    public int DataRank { get; set; }

    /// <summary>True when ranks own whole experts instead of slices of all. Default: false.</summary>
    public bool ExpertParallel { get; set; }

    /// <summary>How tokens travel between data-parallel ranks when experts are spread. Default: None.</summary>
    public AllToAllKind AllToAll { get; set; } = AllToAllKind.None;
}
