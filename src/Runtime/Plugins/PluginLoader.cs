using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Runtime;

/// <summary>
/// Loads plugins from folders into a service collection. A plugin that cannot be loaded leaves a report and nothing
/// else: its registrations are added only when all of them succeeded.
/// </summary>
internal sealed class PluginLoader
{
    private readonly PluginLoadOptions _options;
    private readonly IConfigurationSection _pluginOptions;

    /// <summary>With folders and pins, and the section that holds one section a plugin.</summary>
    public PluginLoader(PluginLoadOptions options, IConfigurationSection pluginOptions) =>
        (_options, _pluginOptions) = (options, pluginOptions);

    /// <summary>Loads every plugin of the configured folders into <paramref name="services"/>.</summary>
    public LoadedPlugins Load(IServiceCollection services)
    {
        var assemblies = PluginFolderScanner.Assemblies(_options.Folders.Select(PluginLoadOptions.FullPath));
        var shared = new SharedAssemblies(assemblies);
        var loaded = new LoadedPlugins();
        var files = PluginFolderScanner.Plugins(assemblies).ToArray();

        // Hashing tens of megabytes of kernel images goes beside the loading of the plugins before.
        var hashes = Array.ConvertAll(files, f => Task.Run(() => Hash(f.Path)));
        for (var i = 0; i < files.Length; i++)
        {
            Load(files[i], hashes[i].GetAwaiter().GetResult(), shared, services, loaded);
        }

        return loaded;
    }

    private void Load(
        PluginFile file, string? sha256, SharedAssemblies shared, IServiceCollection services, LoadedPlugins loaded)
    {
        var failure = Refuse(file, sha256);
        if (failure is null)
        {
            try
            {
                Activate(file, sha256, shared, services, loaded);
                return;
            }
            catch (PluginLoadException e)
            {
                failure = e.Message;
            }
        }

        loaded.Add(new PluginReport(file.FileName, file.Path, null, sha256, failure));
    }

    private string? Refuse(PluginFile file, string? sha256)
    {
        if (file.Failure is not null)
        {
            return file.Failure;
        }

        var pin = _options.Sha256.FirstOrDefault(p => p.Key.Equals(file.FileName, StringComparison.OrdinalIgnoreCase)).Value;
        if (pin is not null && !pin.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            return $"SHA-256 of {file.FileName} must be {pin} (its pin), got {sha256}; restore the file or update the pin.";
        }

        return file.ContractVersion == MoeContract.Version
            ? null
            : $"contract version of {file.FileName} must be {MoeContract.Version}, got {file.ContractVersion}; " +
              $"rebuild it against FusedMoe.Abstractions {MoeContract.Version}.";
    }

    private void Activate(
        PluginFile file, string? sha256, SharedAssemblies shared, IServiceCollection services, LoadedPlugins loaded)
    {
        var assembly = LoadAssembly(file, shared);
        var plugin = CreatePlugin(file, assembly);
        var name = Call(() => plugin.Name, $"Name of {plugin.GetType().FullName} ({file.FileName})");
        if (string.IsNullOrWhiteSpace(name) || name.Any(c => c == ':' || char.IsControl(c)))
        {
            throw new PluginLoadException(
                $"Name of {plugin.GetType().FullName} ({file.FileName}) must be a key of configuration, in letters, digits and "
                + $"hyphens, got {(name is null ? "null" : $"'{name}'")}; give the plugin such a name.");
        }

        var twin = loaded.Reports.FirstOrDefault(r => r.IsLoaded && r.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (twin is not null)
        {
            throw new PluginLoadException($"Two plugins are named '{name}': {Path.GetFileName(twin.Path)}, {file.FileName}; "
                + "remove one.");
        }

        var builder = new PluginBuilder(_pluginOptions.GetSection(name));
        Call(
            () =>
            {
                plugin.Configure(builder);
                return true;
            },
            $"Configure of plugin '{name}' ({file.FileName})");
        foreach (var registration in builder.Services)
        {
            services.Add(GuardedRegistration.Of(
                registration, $"'{name}' ({file.FileName})", failure => loaded.Fail(file.Path, failure)));
        }

        loaded.Add(new PluginReport(name, file.Path, assembly.GetName().Version?.ToString(), sha256, null), assembly);
    }

    private static Assembly LoadAssembly(PluginFile file, SharedAssemblies shared)
    {
        try
        {
            return shared.Mismatch(file.Path) is { } mismatch
                ? throw new PluginLoadException(mismatch)
                : new PluginLoadContext(file.Path, shared).LoadFromAssemblyPath(file.Path);
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or InvalidOperationException)
        {
            throw new PluginLoadException($"{file.FileName} did not load: {e.Message}");
        }
    }

    private static IMoePlugin CreatePlugin(PluginFile file, Assembly assembly)
    {
        var type = Call(
            () => assembly.GetCustomAttribute<MoePluginAttribute>()!.PluginType, $"MoePluginAttribute of {file.FileName}");
        if (!typeof(IMoePlugin).IsAssignableFrom(type) || type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null)
        {
            throw new PluginLoadException(
                $"plugin type of {file.FileName} must be a class with a public parameterless constructor that implements " +
                $"FusedMoe.IMoePlugin, got {type.FullName}; name another type in its MoePluginAttribute.");
        }

        return Call(() => (IMoePlugin)Activator.CreateInstance(type)!, $"The constructor of {type.FullName} ({file.FileName})");
    }

    // A stranger's code may throw anything; whatever it is becomes the plugin's own failure.
    private static T Call<T>(Func<T> code, string what)
    {
        try
        {
            return code();
        }
        catch (Exception e)
        {
            var cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            var text = string.Concat(cause.Message.Select(c => char.IsControl(c) ? ' ' : c));
            throw new PluginLoadException($"{what} threw {cause.GetType().Name}: {text}");
        }
    }

    private static string? Hash(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
