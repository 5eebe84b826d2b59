using System.Collections.Concurrent;
using FusedMoe.Cuda;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Triton;

/// <summary>What both backends are built from: images, options, and the device's shared building blocks.</summary>
internal sealed partial class TritonServices(
    TritonImages images,
    IOptions<TritonOptions> options,
    IEnumerable<IExpertAlignment> alignments,
    IEnumerable<IActivationQuantizer> quantizers,
    ILogger<TritonServices>? logger = null)
{
    private readonly ConcurrentDictionary<string, bool> _missing = [];
    private readonly ILogger _logger = logger ?? NullLogger<TritonServices>.Instance;
    private readonly IExpertAlignment[] _alignments = [.. alignments];
    private readonly IActivationQuantizer[] _quantizers = [.. quantizers];

    /// <summary>Compiled kernels.</summary>
    public TritonImages Images => images;

    /// <summary>Options.</summary>
    public TritonOptions Options => options.Value;

    /// <summary>Sorts pairs by expert on CUDA devices; null when no plugin brings it.</summary>
    public IExpertAlignment? Alignment => Array.Find(_alignments, a => a.DeviceKind == DeviceKind.Cuda);

    /// <summary>Quantizes activations on CUDA devices; null when no plugin brings it.</summary>
    public IActivationQuantizer? Quantizer => Array.Find(_quantizers, q => q.DeviceKind == DeviceKind.Cuda);

    /// <summary>The library to load kernels from.</summary>
    /// <exception cref="InvalidOperationException">The assembly was built without images.</exception>
    public KernelLibrary Library => images.Library
        ?? throw new InvalidOperationException(
            "The Triton experts must embed kernel images, got none; run tools/build-triton-kernels.py and rebuild.");

    /// <summary>
    /// The tuned tiles of a layer; null without a folder, and with one that has no file of the layer, which is logged once.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is not in vLLM's form; names the file and the place.</exception>
    public TunedTable? Tuned(TritonLayer layer, string device)
    {
        if (Options.TunedFolder is not { } folder)
        {
            return null;
        }

        var table = TunedTable.Find(folder, layer, device);
        var name = TunedTable.FileName(layer, device);
        if (table is null && _missing.TryAdd(name, true))
        {
            LogNotTuned(_logger, folder, name);
        }

        return table;
    }
}
