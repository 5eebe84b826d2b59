namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// Ceilings by device: given on the command line, measured with the peers, measured once and published here, or measured now
/// by copying.
/// </summary>
internal static class CeilingTable
{
    private const long CopyBytes = 256L << 20;
    private const int Copies = 6;

    /// <summary>
    /// Measured on 2026-11-21: reading 2 GiB of bf16, and an 8192³ bf16 product of random data through cuBLAS.
    /// </summary>
    private static readonly Dictionary<string, DeviceCeilings> Published = new(StringComparer.Ordinal)
    {
        ["NVIDIA H200"] = new(4.22e12, 797e12, "published: 4.22 TB/s read, 797 TFLOP/s bf16 (cuBLAS 8192 cubed)"),
    };

    /// <summary>
    /// What the floor of <paramref name="deployment"/>'s device is computed from: the arguments, else what was measured with
    /// the peers, else what is published here; the memory is measured and arithmetic unbounded where nothing is known.
    /// </summary>
    /// <param name="session">Opens the device where it must be measured.</param>
    /// <param name="deployment">Names the device.</param>
    /// <param name="terabytes">TB/s given on the command line, or null.</param>
    /// <param name="teraflops">TFLOP/s given on the command line, or null.</param>
    /// <param name="measured">Ceilings of the peers' file, or null.</param>
    /// <param name="pause">Before each copy where it must be measured.</param>
    /// <exception cref="ArgumentException">A given ceiling is not above 0.</exception>
    public static DeviceCeilings Of(
        HostSession session,
        DeploymentSpec deployment,
        double? terabytes,
        double? teraflops,
        PeerCeilings? measured,
        ReplayPause pause)
    {
        RequirePositive("--bandwidth", terabytes, "TB/s");
        RequirePositive("--compute", teraflops, "TFLOP/s");
        var known = measured is null
            ? Published.GetValueOrDefault(deployment.Device.Name)
            : new DeviceCeilings(
                measured.TerabytesPerSecond * 1e12, measured.TeraflopsPerSecond * 1e12, "measured with the peers");
        var bandwidth = terabytes * 1e12 ?? known?.BytesPerSecond ?? MeasureCopy(session, deployment, pause);
        var compute = teraflops * 1e12 ?? known?.OperationsPerSecond ?? double.PositiveInfinity;
        return new DeviceCeilings(bandwidth, compute, Source(terabytes is not null, teraflops is not null, known));
    }

    private static string Source(bool isBandwidthGiven, bool isComputeGiven, DeviceCeilings? known)
    {
        const string Given = "given on the command line";
        if (isBandwidthGiven == isComputeGiven)
        {
            return isBandwidthGiven ? Given
                : known?.Source ?? "measured: copying device memory, bytes read and written; arithmetic not bounded";
        }

        return isBandwidthGiven
            ? $"bandwidth {Given}; {(known is null ? "arithmetic not bounded" : $"arithmetic {known.Source}")}"
            : $"arithmetic {Given}; bandwidth {known?.Source ?? "measured: copying device memory, bytes read and written"}";
    }

    private static void RequirePositive(string option, double? value, string unit)
    {
        if (value is { } given && !(given > 0 && double.IsFinite(given)))
        {
            throw new ArgumentException(FormattableString.Invariant($"{option} must be a number above 0 {unit}, got {given}."));
        }
    }

    /// <summary>
    /// Bytes read and written a second by a large device-to-device copy, the best of <see cref="Copies"/> with pauses between.
    /// </summary>
    private static double MeasureCopy(HostSession session, DeploymentSpec deployment, ReplayPause pause)
    {
        var device = session.OpenDevice(deployment);
        using var stream = device.CreateStream();
        using var source = device.Allocate(CopyBytes, "Bandwidth measurement");
        using var target = device.Allocate(CopyBytes, "Bandwidth measurement");
        using var before = device.CreateEvent();
        using var after = device.CreateEvent();
        stream.Fill(source.Pointer, 1, CopyBytes);
        var best = double.PositiveInfinity;
        for (var i = 0; i < Copies; i++)
        {
            pause.RestAfter(i == 0 ? 0 : best);
            stream.Record(before);
            stream.Copy(source.Pointer, target.Pointer, CopyBytes);
            stream.Record(after);
            best = Math.Min(best, after.MicrosecondsSince(before));
        }

        return 2 * CopyBytes / (best / 1e6);
    }
}
