using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FusedMoe.Cuda;

/// <summary>What a kernel build made: JSON beside the images, never edited by hand.</summary>
public sealed class KernelManifest
{
    private readonly FrozenDictionary<string, KernelEntry> _byKey;

    /// <summary>A manifest of <paramref name="kernels"/>.</summary>
    /// <exception cref="ArgumentException">Two kernels have the same key.</exception>
    [JsonConstructor]
    public KernelManifest(string toolchain, IReadOnlyList<KernelEntry> kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        Toolchain = toolchain;
        Kernels = kernels;
        var twice = kernels.GroupBy(k => k.Key).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException(
                $"A kernel manifest must have unique keys, got '{twice.Key}' {twice.Count()} times.");
        }

        _byKey = kernels.ToFrozenDictionary(k => k.Key);
    }

    /// <summary>Compiler and version.</summary>
    public string Toolchain { get; }

    /// <summary>All kernels, by key.</summary>
    public IReadOnlyList<KernelEntry> Kernels { get; }

    /// <summary>The kernel named <paramref name="key"/>.</summary>
    /// <exception cref="KeyNotFoundException">No such kernel; lists the known ones.</exception>
    public KernelEntry this[string key] => Find(key)
        ?? throw new KeyNotFoundException(
            $"No kernel is named '{key}'. Known: {string.Join(", ", Kernels.Select(k => k.Key))}.");

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="KernelImageException">The JSON is not a manifest.</exception>
    public static KernelManifest Read(Stream json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ManifestJson.Default.KernelManifest)
                ?? throw new KernelImageException(
                    "A kernel manifest must be a JSON object, got null; run the kernel build again.");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new KernelImageException($"A kernel manifest must be what the kernel build wrote, got: {e.Message}", e);
        }
    }

    /// <summary>The kernel named <paramref name="key"/>, or null.</summary>
    public KernelEntry? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>
    /// SHA-256 over one line a source, <c>"{sha256 of the file}  {path}\n"</c> in the order given: what
    /// <c>sha256sum FILES | sha256sum</c> prints.
    /// </summary>
    /// <param name="folder">Folder that the paths are relative to.</param>
    /// <param name="sources">Paths with forward slashes.</param>
    public static string HashSources(string folder, IEnumerable<string> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var lines = new StringBuilder();
        foreach (var source in sources)
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, source));
            lines.Append(Convert.ToHexStringLower(SHA256.HashData(bytes))).Append("  ").Append(source).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }
}
