using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime;

/// <summary>
/// Makes a <see cref="DeploymentSpec"/> of <see cref="DeploymentOptions"/> and the devices that are there.
/// </summary>
public sealed class DeploymentSpecFactory
{
    private const string AbsentName = "absent";
    private readonly IOptions<FusedMoeOptions> _options;
    private readonly IMoePluginCatalog _catalog;

    /// <summary>Over the configured options and the loaded device providers.</summary>
    public DeploymentSpecFactory(IOptions<FusedMoeOptions> options, IMoePluginCatalog catalog) =>
        (_options, _catalog) = (options, catalog);

    /// <summary>True for the traits that <see cref="Create"/> gives a device that is not there.</summary>
    public static bool IsAbsent(DeviceTraits device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device is { Name: AbsentName, MemoryBytes: 0 };
    }

    /// <summary>The configured deployment.</summary>
    /// <param name="device">Overrides <see cref="DeploymentOptions.Device"/>; null keeps it.</param>
    /// <returns>
    /// A deployment even when the device is missing: its traits then have the name <c>absent</c>, and a plan made for
    /// it carries the provider's reasons.
    /// </returns>
    /// <exception cref="ArgumentException">The name is not <c>auto</c>, <c>cpu</c>, <c>cuda</c> or
    /// <c>cuda:N</c>.</exception>
    public DeploymentSpec Create(string? device = null)
    {
        var options = _options.Value.Deployment;
        var parallel = options.Parallel;
        return new DeploymentSpec
        {
            Device = Resolve(device ?? options.Device),
            MaxTokens = options.MaxTokens,
            GraphCapture = options.GraphCapture,
            BatchInvariant = options.BatchInvariant,
            Deterministic = options.Deterministic,
            DeferFinalize = options.DeferFinalize,
            Lora = options.Lora is { } lora ? new LoraSpec(lora.MaxAdapters, lora.MaxRank) : null,
            Parallel = ParallelSpec.Make(
                parallel.TensorSize,
                parallel.TensorRank,
                parallel.DataSize,
                parallel.DataRank,
                parallel.ExpertParallel,
                parallel.AllToAll),
        };
    }

    /// <summary>Why a device is not there, in its provider's words; empty when it is.</summary>
    public IReadOnlyList<Refusal> AbsenceOf(DeviceId device) => DeviceRefusals.Absence(_catalog, device);

    private DeviceTraits Resolve(string name)
    {
        if (!DeviceNames.IsValid(name))
        {
            throw new ArgumentException($"The device is '{name}'; must be {DeviceNames.Accepted}.");
        }

        if (DeviceId.Parse(name) is { } id)
        {
            return Find(id) ?? Absent(id);
        }

        return Find(DeviceId.Cuda(0)) ?? Find(DeviceId.Cpu) ?? Absent(DeviceId.Cpu);
    }

    private DeviceTraits? Find(DeviceId id) => _catalog.DeviceProviders
        .Where(p => p.Kind == id.Kind)
        .SelectMany(p => p.Discover().Devices)
        .FirstOrDefault(d => d.Id == id);

    private static DeviceTraits Absent(DeviceId id) => new() { Id = id, Name = AbsentName, Processors = 1, MemoryBytes = 0 };
}
