namespace FusedMoe.Cuda;

// The images loaded on one device and the kernels found in them.
internal sealed class ModuleCache : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(KernelLibrary Library, string File), CudaModule> _modules = [];
    private readonly Dictionary<(KernelLibrary Library, string Key), CudaKernel> _kernels = [];

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _modules.Count;
            }
        }
    }

    internal CudaKernel GetKernel(KernelLibrary library, KernelEntry entry, CudaDevice device)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(device.IsDisposed, device);
            if (!_kernels.TryGetValue((library, entry.Key), out var kernel))
            {
                kernel = GetModule(library, entry, device).GetKernel(entry);
                _kernels.Add((library, entry.Key), kernel);
            }

            return kernel;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var module in _modules.Values)
            {
                module.Dispose();
            }

            _modules.Clear();
            _kernels.Clear();
        }
    }

    private CudaModule GetModule(KernelLibrary library, KernelEntry entry, CudaDevice device)
    {
        var capability = device.Traits.ComputeCapability;
        var image = entry.ImageFor(capability)
            ?? throw new KernelImageException(library.Supports(entry.Key, device.Traits).Refusal!.Sentence);
        if (!_modules.TryGetValue((library, image.File), out var module))
        {
            module = new CudaModule(device, image.File, library.ReadImage(image));
            _modules.Add((library, image.File), module);
        }

        return module;
    }
}
