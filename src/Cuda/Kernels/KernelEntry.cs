using System.Globalization;

namespace FusedMoe.Cuda;

/// <summary>
/// One kernel of a manifest: everything a launcher may rely on, written by the build that compiled it.
/// </summary>
public sealed record KernelEntry
{
    /// <summary>Unique name that launchers ask for.</summary>
    public required string Key { get; init; }

    /// <summary>Source stem, <c>arch_dtype_op</c>; the entry file has this name.</summary>
    public required string Stem { get; init; }

    /// <summary>Symbol in the image.</summary>
    public required string Symbol { get; init; }

    /// <summary>Threads of a block.</summary>
    public required int Threads { get; init; }

    /// <summary>Dynamic shared memory of a block in bytes; 0 for none.</summary>
    public int SharedBytes { get; init; }

    /// <summary>Blocks of a cluster along x, y, z; all 1 for no cluster.</summary>
    public IReadOnlyList<int> Cluster { get; init => field = value ?? [1, 1, 1]; } = [1, 1, 1];

    /// <summary>Parameters in order.</summary>
    public required IReadOnlyList<KernelParameter> Parameters { get; init; }

    /// <summary>Compile-time constants: tile sizes, types, stages.</summary>
    public IReadOnlyDictionary<string, string> Constants { get; init => field = value ?? new Dictionary<string, string>(); } =
        new Dictionary<string, string>();

    /// <summary>Source files relative to the folder of the kernels, sorted.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary><see cref="KernelManifest.HashSources"/> of <see cref="Sources"/> when the image was built.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Images, best first.</summary>
    public required IReadOnlyList<KernelImage> Images { get; init; }

    /// <summary>Bytes an argument struct must have at least.</summary>
    public int ArgumentBytes => Parameters.Count == 0 ? 0 : Parameters[^1].Offset + Parameters[^1].Size;

    /// <summary>The integer constant <paramref name="name"/>.</summary>
    /// <exception cref="KeyNotFoundException">The kernel has no such constant; lists those it has.</exception>
    public int Constant(string name) => Constants.TryGetValue(name, out var value)
        ? int.Parse(value, CultureInfo.InvariantCulture)
        : throw new KeyNotFoundException(
            $"Kernel '{Key}' has no constant '{name}'. Known: {string.Join(", ", Constants.Keys.Order())}.");

    /// <summary>The best image for a device, or null when none runs there.</summary>
    public KernelImage? ImageFor(int computeCapability) =>
        Images.Where(i => i.RunsOn(computeCapability)).OrderBy(i => i.IsPtx).FirstOrDefault();
}
