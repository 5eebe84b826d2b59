using System.Reflection;
using System.Runtime.Loader;

namespace FusedMoe.Runtime;

/// <summary>
/// Assemblies that all plugins see as one: the contracts, Microsoft.Extensions.* in the host's version, and the device
/// layers that several plugins need. A device layer that the host itself does not have comes from the first plugin
/// folder that holds it and is loaded into the default context; a later copy of another version is that plugin's
/// failure.
/// </summary>
internal sealed class SharedAssemblies
{
    private const string CpuLayer = "FusedMoe.Cpu";
    private const string CudaLayer = "FusedMoe.Cuda";
    private static readonly string[] DeviceLayers = [CpuLayer, CudaLayer];
    private readonly Dictionary<string, string> _firstCopies = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Notes where device layers lie among the files of all plugin folders.</summary>
    public SharedAssemblies(IEnumerable<string> assemblies)
    {
        foreach (var path in assemblies)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (DeviceLayers.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                _firstCopies.TryAdd(name, path);
            }
        }
    }

    /// <summary>
    /// The device layer of a kind, loaded before any plugin: the host's own, else the first copy in a plugin folder; null when
    /// there is none.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read, or the file cannot be loaded.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be read.</exception>
    /// <exception cref="BadImageFormatException">The file is no assembly.</exception>
    public static Assembly? DeviceLayer(DeviceKind kind, string pluginFolder)
    {
        var name = kind switch
        {
            DeviceKind.Cpu => CpuLayer,
            DeviceKind.Cuda => CudaLayer,
            _ => null,
        };
        if (name is null)
        {
            return null;
        }

        if (HostHas(name))
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(name));
        }

        var path = PluginFolderScanner.Find(pluginFolder, name + ".dll");
        return path is null ? null : AssemblyLoadContext.Default.LoadFromAssemblyPath(path);
    }

    /// <summary>The shared assembly for a plugin's reference; null when the plugin brings its own.</summary>
    public Assembly? Resolve(AssemblyName name)
    {
        var simple = name.Name ?? string.Empty;
        if (simple == typeof(MoeContract).Assembly.GetName().Name)
        {
            return typeof(MoeContract).Assembly;
        }

        if (DeviceLayers.Contains(simple, StringComparer.OrdinalIgnoreCase))
        {
            return DeviceLayer(simple);
        }

        return simple.StartsWith("Microsoft.Extensions.", StringComparison.OrdinalIgnoreCase) ? FromHost(simple) : null;
    }

    /// <summary>Why the copies beside a plugin do not fit what is shared; null when they do.</summary>
    public string? Mismatch(string pluginPath)
    {
        var folder = Path.GetDirectoryName(pluginPath)!;
        foreach (var layer in DeviceLayers)
        {
            var copy = Path.Combine(folder, layer + ".dll");
            if (!File.Exists(copy) || DeviceLayer(layer) is not { } shared)
            {
                continue;
            }

            var (have, brings) = (shared.GetName().Version, AssemblyName.GetAssemblyName(copy).Version);
            if (have != brings)
            {
                return $"{layer} beside {Path.GetFileName(pluginPath)} must be version {have} " +
                    $"(shared from {shared.Location}), got {brings}; rebuild the plugin against {have}.";
            }
        }

        return null;
    }

    private Assembly? DeviceLayer(string name) =>
        FromHost(name)
        ?? (_firstCopies.TryGetValue(name, out var path) ? AssemblyLoadContext.Default.LoadFromAssemblyPath(path) : null);

    private static Assembly? FromHost(string name)
    {
        var loaded = AssemblyLoadContext.Default.Assemblies
            .FirstOrDefault(a => string.Equals(a.GetName().Name, name, StringComparison.OrdinalIgnoreCase));
        if (loaded is not null)
        {
            return loaded;
        }

        // Asking the default context for what it cannot find costs a thrown exception, so its list is read first.
        return HostHas(name) ? AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(name)) : null;
    }

    private static bool HostHas(string name) =>
        AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is string files
        && files.Contains($"{Path.DirectorySeparatorChar}{name}.dll", StringComparison.OrdinalIgnoreCase);
}
