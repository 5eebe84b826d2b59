namespace FusedMoe.Host.Benchmarks;

/// <summary>Ceilings by device: given on the command line, measured once and published here, or measured now by copying.</summary>
internal static class CeilingTable
{
    private const long CopyBytes = 256L << 20;

    /// <summary>Measured on 2026-11-21: reading 2 GiB of bf16, and an 8192³ bf16 product of random data through cuBLAS.</summary>
    private static readonly Dictionary<string, DeviceCeilings> Published = new(StringComparer.Ordinal)
    {
        ["NVIDIA H200"] = new(4.22e12, 797e12, "published: 4.22 TB/s read, 797 TFLOP/s bf16 (cuBLAS 8192 cubed)"),
    };

    /// <summary>
    /// What the floor of <paramref name="deployment"/>'s device is computed from: the arguments, else what was measured
    /// with the peers.
    /// </summary>
    public static DeviceCeilings Of(
        HostSession session, DeploymentSpec deployment, double? terabytes, double? teraflops, PeerCeilings? measured)
    {
        var known = measured is null
            ? Published.GetValueOrDefault(deployment.Device.Name)
            : new DeviceCeilings(measured.TerabytesPerSecond * 1e12, measured.TeraflopsPerSecond * 1e12, "measured with the peers");
        if (terabytes is { } t && teraflops is { } f)
        {
            return new DeviceCeilings(t * 1e12, f * 1e12, "given on the command line");
        }

        var bandwidth = terabytes * 1e12 ?? known?.BytesPerSecond ?? MeasureCopy(session, deployment);
        var compute = teraflops * 1e12 ?? known?.OperationsPerSecond ?? double.PositiveInfinity;
        var source = known?.Source ?? "measured: copying device memory, bytes read and written; arithmetic not bounded";
        return new DeviceCeilings(bandwidth, compute, source);
    }

    /// <summary>Bytes read and written a second by a large device-to-device copy, the best of five.</summary>
    private static double MeasureCopy(HostSession session, DeploymentSpec deployment)
    {
        var device = session.OpenDevice(deployment);
        using var stream = device.CreateStream();
        using var source = device.Allocate(CopyBytes, "Bandwidth measurement");
        using var target = device.Allocate(CopyBytes, "Bandwidth measurement");
        using var before = device.CreateEvent();
        using var after = device.CreateEvent();
        stream.Fill(source.Pointer, 1, CopyBytes);
        var best = double.PositiveInfinity;
        for (var i = 0; i < 6; i++)
        {
            stream.Record(before);
            stream.Copy(source.Pointer, target.Pointer, CopyBytes);
            stream.Record(after);
            best = Math.Min(best, after.MicrosecondsSince(before));
        }

        return 2 * CopyBytes / (best / 1e6);
    }
}
