namespace FusedMoe.Runtime;

/// <summary>Runs the stages of a chain in order.</summary>
internal interface IChainRun
{
    /// <summary>True when finalize leaves the sum over all ranks.</summary>
    bool OutputIsReduced { get; }

    /// <summary>Runs one call.</summary>
    ExpertsResult Run(in MoeKernelCall call, IComputeStream stream);

    /// <summary>Runs two micro-batches, interleaved where the chain can.</summary>
    void RunInterleaved(in MoeKernelCall first, in MoeKernelCall second, IComputeStream stream);
}
