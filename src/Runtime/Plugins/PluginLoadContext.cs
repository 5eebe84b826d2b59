using System.Reflection;
using System.Runtime.Loader;

namespace FusedMoe.Runtime;

/// <summary>
/// One plugin's world: its own dependencies beside it, shared assemblies from the host, native libraries beside it.
/// </summary>
internal sealed class PluginLoadContext(string path, SharedAssemblies shared)
    : AssemblyLoadContext(System.IO.Path.GetFileNameWithoutExtension(path))
{
    private readonly AssemblyDependencyResolver _resolver = new(path);
    private readonly string _folder = System.IO.Path.GetDirectoryName(path)!;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (shared.Resolve(assemblyName) is { } assembly)
        {
            return assembly;
        }

        var file = _resolver.ResolveAssemblyToPath(assemblyName) ?? System.IO.Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        string[] beside =
            [unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so", $"{unmanagedDllName}.dll"];
        var file = _resolver.ResolveUnmanagedDllToPath(unmanagedDllName)
            ?? beside.Select(n => System.IO.Path.Combine(_folder, n)).FirstOrDefault(File.Exists);
        return file is null ? 0 : LoadUnmanagedDllFromPath(file);
    }
}
