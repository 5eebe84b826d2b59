using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>
/// Choices of one layer with their kernels, made once for every kind of call and found without allocating after that.
/// </summary>
internal sealed class TritonKernelCache(TritonPlanner planner, KernelLibrary library, IComputeDevice device)
{
    private readonly Dictionary<TritonCallKey, TritonKernels> _kernels = [];

    /// <summary>The kernel of the separate activation; null when it is fused.</summary>
    public CudaKernel? Activate { get; } = planner.ActivateKey is { } key ? library.Get(key, device) : null;

    /// <summary>The kernel of the weighted sum; null in the batched format and when no image has it.</summary>
    public CudaKernel? Sum { get; } = planner.SumKey is { } key ? library.Get(key, device) : null;

    /// <summary>The kernels of a call.</summary>
    /// <param name="rows">Rows of the call.</param>
    /// <param name="hint">Rows expected to be live; 0 for all.</param>
    /// <param name="configuration">A measured configuration, or null.</param>
    public TritonKernels For(int rows, int hint, string? configuration)
    {
        var tokens = TritonLayer.ExpectedRows(rows, hint);
        var key = planner.KeyOf(rows, tokens, configuration);
        if (!_kernels.TryGetValue(key, out var kernels))
        {
            var choice = planner.Choose(rows, tokens, configuration);
            kernels = new TritonKernels(
                choice, library.Get(choice.First.Key, device), library.Get(choice.Second.Key, device));
            _kernels.Add(key, kernels);
        }

        return kernels;
    }
}
