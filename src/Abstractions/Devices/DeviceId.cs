using System.Globalization;

namespace FusedMoe;

/// <summary>Which device: its kind and ordinal. The default value is the CPU's first.</summary>
public readonly record struct DeviceId
{
    private readonly DeviceKind _kind;

    /// <summary>Device <paramref name="index"/> of a kind.</summary>
    public DeviceId(DeviceKind kind, int index) => (_kind, Index) = (kind, index);

    /// <summary>The host.</summary>
    public static DeviceId Cpu => new(DeviceKind.Cpu, 0);

    /// <summary>Kind of the device.</summary>
    public DeviceKind Kind => _kind == 0 ? DeviceKind.Cpu : _kind;

    /// <summary>Ordinal among devices of this kind, from 0.</summary>
    public int Index { get; }

    /// <summary>CUDA device <paramref name="index"/>.</summary>
    public static DeviceId Cuda(int index) => new(DeviceKind.Cuda, index);

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; null for anything else.</summary>
    public static DeviceId? Parse(string? text)
    {
        if (string.Equals(text, "cpu", StringComparison.OrdinalIgnoreCase))
        {
            return Cpu;
        }

        if (text is null || !text.StartsWith("cuda", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return text.Length == 4
            ? Cuda(0)
            : text[4] == ':' && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var i)
                ? Cuda(i)
                : null;
    }

    /// <summary>Equal when kind and ordinal agree.</summary>
    public bool Equals(DeviceId other) => Kind == other.Kind && Index == other.Index;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Index);

    /// <summary><c>cpu</c> or <c>cuda:N</c>.</summary>
    public override string ToString() => Kind == DeviceKind.Cpu ? "cpu" : $"cuda:{Index}";
}
