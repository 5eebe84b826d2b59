using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Cpu;

/// <summary>Facts about the host, read once.</summary>
internal static class CpuTraits
{
    private const string LastLevelCache = "/sys/devices/system/cpu/cpu0/cache/index3/size";

    private static readonly Lazy<DeviceTraits> LazyHost = new(Read);

    public static DeviceTraits Host => LazyHost.Value;

    /// <summary>Bytes that can be taken now without swapping; -1 when unknown.</summary>
    public static long FreeMemoryBytes()
    {
        const string Key = "MemAvailable:";
        var line = ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? -1 : ParseSize(line[Key.Length..].Replace("kB", "K", StringComparison.Ordinal));
    }

    /// <summary>Sizes as Linux writes them: <c>512</c>, <c>32K</c>, <c>16M</c>; 0 for anything else.</summary>
    internal static long ParseSize(string text)
    {
        var digits = text.Replace(" ", string.Empty, StringComparison.Ordinal).Trim();
        var unit = digits.Length == 0
            ? 1
            : digits[^1] switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, _ => 1 };
        digits = digits.TrimEnd('K', 'M', 'G');
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value * unit : 0;
    }

    private static DeviceTraits Read() => new()
    {
        Id = DeviceId.Cpu,
        Name = ReadName(),
        Processors = Environment.ProcessorCount,
        CacheBytes = ParseSize(ReadLines(LastLevelCache).FirstOrDefault() ?? string.Empty),
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        CanCaptureGraphs = false,
        InstructionSets = [.. InstructionSets()],
    };

    private static string ReadName()
    {
        var line = ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        var name = line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return string.IsNullOrWhiteSpace(name) ? $"{RuntimeInformation.ProcessArchitecture} CPU" : name;
    }

    private static IEnumerable<string> InstructionSets()
    {
        // Leaf 7, sub-leaf 1, EAX bit 5. The runtime's own switch for AVX-512 decides whether its state may be used
        // at all.
        if (Avx512F.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0)
        {
            yield return "avx512-bf16";
        }

        foreach (var (name, isSupported) in new[]
        {
            ("avx512f", Avx512F.IsSupported && Avx512BW.IsSupported), ("avx2", Avx2.IsSupported),
            ("fma", Fma.IsSupported), ("neon", AdvSimd.IsSupported),
        })
        {
            if (isSupported)
            {
                yield return name;
            }
        }
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
