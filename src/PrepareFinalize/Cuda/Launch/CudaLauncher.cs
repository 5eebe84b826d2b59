using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using FusedMoe.Cuda;
using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Launches this plugin's kernels: finds the loaded kernel of the stream's device and sets the launch attributes.
/// </summary>
internal sealed class CudaLauncher(IOptions<PrepareFinalizeOptions> options)
{
    // The images are sm_90a cubins and PTX without the instructions of dependent launches for everything else.
    private const int ProgrammaticCapability = 90;

    private static readonly Lazy<KernelLibrary> Embedded = new(() => KernelLibrary.FromAssembly(typeof(CudaLauncher).Assembly));
    private readonly bool _isProgrammatic = options.Value.ProgrammaticLaunch;
    private readonly ConditionalWeakTable<CudaDevice, ConcurrentDictionary<string, CudaKernel>> _kernels = [];

    /// <summary>The kernels embedded in this assembly.</summary>
    public static KernelLibrary Library => Embedded.Value;

    /// <summary>
    /// The kernel named <paramref name="key"/> on the stream's device; loads it when it is the first.
    /// </summary>
    public CudaKernel Kernel(string key, IComputeStream stream)
    {
        var device = Device(stream);
        var kernels = _kernels.GetOrCreateValue(device);
        return kernels.TryGetValue(key, out var kernel) ? kernel : kernels.GetOrAdd(key, Library.Get(key, device));
    }

    /// <summary>Launches a kernel by name.</summary>
    public void Launch<TArgs>(string key, in TArgs args, KernelLaunch launch, IComputeStream stream)
        where TArgs : unmanaged =>
        Launch(Kernel(key, stream), args, launch, stream);

    /// <summary>Launches a kernel.</summary>
    public void Launch<TArgs>(CudaKernel kernel, in TArgs args, KernelLaunch launch, IComputeStream stream)
        where TArgs : unmanaged
    {
        var waits = Device(stream).Traits.ComputeCapability == ProgrammaticCapability;
        launch = launch with { IsProgrammatic = _isProgrammatic && waits };
        kernel.Launch(args, launch, stream);
    }

    /// <summary>
    /// Blocks that give every multiprocessor <paramref name="each"/>, or one for each unit of work if that is less.
    /// </summary>
    public static int Spread(long units, int each, IComputeStream stream) =>
        (int)Math.Min(units, (long)Device(stream).Traits.Processors * each);

    private static CudaDevice Device(IComputeStream stream) => stream is CudaStream cuda
        ? cuda.Device
        : throw new ArgumentException(
            $"The stream must be a CUDA stream, got {stream?.GetType().Name ?? "null"}.", nameof(stream));
}
