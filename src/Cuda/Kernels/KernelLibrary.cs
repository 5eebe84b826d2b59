using System.Reflection;
using System.Security.Cryptography;

namespace FusedMoe.Cuda;

/// <summary>
/// The kernels that one plugin ships: <c>manifest.json</c> and images, embedded in its assembly under <c>Kernels/</c>. An
/// image is loaded once a device, when its first kernel is asked for.
/// </summary>
public sealed class KernelLibrary
{
    private const string Folder = "Kernels/";
    private readonly Func<string, Stream?> _open;

    private KernelLibrary(string name, KernelManifest manifest, Func<string, Stream?> open)
    {
        (Name, Manifest, _open) = (name, manifest, open);
    }

    /// <summary>Name of the assembly, for errors.</summary>
    public string Name { get; }

    /// <summary>What is in the library.</summary>
    public KernelManifest Manifest { get; }

    /// <summary>The library embedded in <paramref name="assembly"/>.</summary>
    /// <exception cref="KernelImageException">No manifest is embedded, or it cannot be read.</exception>
    public static KernelLibrary FromAssembly(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return FromStreams(assembly.GetName().Name!, name => assembly.GetManifestResourceStream(Folder + name));
    }

    /// <summary>A library whose files <paramref name="open"/> finds by name, null for none.</summary>
    /// <exception cref="KernelImageException">There is no manifest, or it cannot be read.</exception>
    public static KernelLibrary FromStreams(string name, Func<string, Stream?> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        using var json = open("manifest.json")
            ?? throw new KernelImageException($"{name} must embed {Folder}manifest.json, got none; run the kernel build.");
        return new KernelLibrary(name, KernelManifest.Read(json), open);
    }

    /// <summary>
    /// Whether the kernel named <paramref name="key"/> exists and has an image for a device that its driver reads.
    /// </summary>
    public Support Supports(string key, DeviceTraits device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var entry = Manifest.Find(key);
        if (entry?.ImageFor(device.ComputeCapability) is { } image)
        {
            return image.IsPtx ? KernelImage.SupportsPtx(device) : Support.Yes;
        }

        return Support.No(
            RefusalCodes.NoImage,
            $"kernel image '{key}'",
            $"built for compute capability {device.ComputeCapabilityText}",
            entry is null ? "none in the manifest" : string.Join(", ", entry.Images.Select(i => i.Arch)),
            "run the kernel build for that architecture");
    }

    /// <summary>
    /// The kernel named <paramref name="key"/> on <paramref name="device"/>, loaded now if it was not. Keep it; asking
    /// takes a lock.
    /// </summary>
    /// <exception cref="KeyNotFoundException">No such kernel.</exception>
    /// <exception cref="KernelImageException">No image runs on the device, or the image differs from the
    /// manifest.</exception>
    /// <exception cref="CudaException">The driver refused the image.</exception>
    public CudaKernel Get(string key, IComputeDevice device)
    {
        var cuda = device as CudaDevice
            ?? throw new ArgumentException(
                $"The device must be a CUDA device, got {device?.GetType().Name ?? "null"}.", nameof(device));
        return cuda.Modules.GetKernel(this, Manifest[key], cuda);
    }

    /// <summary>
    /// Reads every image and checks what loading one would check, without a driver: for tests of a kernel build.
    /// </summary>
    /// <exception cref="KernelImageException">An image is missing, has another hash, or a kernel in it other parameters than
    /// the manifest says.</exception>
    public void Verify()
    {
        foreach (var image in Manifest.Kernels.SelectMany(k => k.Images).DistinctBy(i => i.File))
        {
            ReadImage(image);
        }
    }

    /// <summary>The bytes of an image, checked against the manifest's hash and, of a cubin, its kernels' parameters.</summary>
    /// <exception cref="KernelImageException">The file is missing, has another hash or other parameters.</exception>
    internal byte[] ReadImage(KernelImage image)
    {
        using var stream = _open(image.File)
            ?? throw new KernelImageException($"{Name} must embed {Folder}{image.File}, got none; run the kernel build.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (hash != image.Sha256)
        {
            throw new KernelImageException(
                $"Kernel image {image.File} of {Name} must have SHA-256 {image.Sha256}, got {hash}; "
                + "run the kernel build again.");
        }

        if (CubinParameters.IsCubin(bytes))
        {
            CheckParameters(image.File, bytes);
        }

        return bytes;
    }

    // Older drivers cannot tell parameters, and none tells their number.
    private void CheckParameters(string file, byte[] cubin)
    {
        foreach (var entry in Manifest.Kernels.Where(k => k.Images.Any(i => i.File == file)))
        {
            var actual = CubinParameters.Of(cubin, entry.Symbol);
            var expected = entry.Parameters.Select(p => (p.Offset, p.Size));
            if (actual is null || !actual.SequenceEqual(expected))
            {
                throw new KernelImageException(
                    $"Kernel '{entry.Key}' in {file} of {Name} must have {Describe(expected)}, got "
                    + $"{(actual is null ? "no such kernel" : Describe(actual))}; run the kernel build again.");
            }
        }
    }

    private static string Describe(IEnumerable<(int Offset, int Size)> parameters)
    {
        var places = parameters.Select(p => $"{p.Offset}+{p.Size}").ToArray();
        return $"{places.Length} parameters{(places.Length == 0 ? string.Empty : $" at {string.Join(' ', places)}")}";
    }
}
