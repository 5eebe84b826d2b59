namespace FusedMoe;

/// <summary>How tokens travel to the ranks that own their experts.</summary>
public enum AllToAllKind
{
    /// <summary>No expert parallelism over several batches: nothing travels.</summary>
    None,

    /// <summary>Every rank gathers all tokens; results are reduce-scattered.</summary>
    AllGather,

    /// <summary>Each token goes once to each rank that owns one of its experts, rows contiguous.</summary>
    AllToAll,

    /// <summary>As <see cref="AllToAll"/>, into fixed capacity per expert <c>[E_local, T·D, K]</c>.</summary>
    Batched,
}
