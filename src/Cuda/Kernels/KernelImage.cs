namespace FusedMoe.Cuda;

/// <summary>One compiled image of a kernel.</summary>
/// <param name="Arch"><c>sm_90a</c>, <c>sm_90</c> for a cubin, <c>compute_80</c> for PTX; a trailing <c>a</c> means
/// that architecture only.</param>
/// <param name="File">File name beside the manifest.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
public sealed record KernelImage(string Arch, string File, string Sha256)
{
    /// <summary>True for PTX, which the driver compiles when it is loaded.</summary>
    public bool IsPtx => Arch.StartsWith("compute_", StringComparison.Ordinal);

    /// <summary>The compute capability times ten it was compiled for.</summary>
    public int ComputeCapability
    {
        get
        {
            var digits = Arch.AsSpan(Arch.IndexOf('_', StringComparison.Ordinal) + 1).TrimEnd('a');
            return int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Whether the driver of a device reads PTX of the version that the kernel builds write (8.4).</summary>
    public static Support SupportsPtx(DeviceTraits device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.DriverVersion >= CudaDriver.PtxVersion
            ? Support.Yes
            : Support.No(
                RefusalCodes.DriverVersion,
                "CUDA driver",
                $"{CudaDriver.VersionText(CudaDriver.PtxVersion)} or newer on other devices than compute capability 9.0",
                CudaDriver.VersionText(device.DriverVersion),
                "update it");
    }

    /// <summary>
    /// True when a device of compute capability <paramref name="computeCapability"/> (times ten) can load it.
    /// </summary>
    public bool RunsOn(int computeCapability) => Arch.EndsWith('a')
        ? computeCapability == ComputeCapability
        : IsPtx
            ? computeCapability >= ComputeCapability
            : computeCapability / 10 == ComputeCapability / 10 && computeCapability >= ComputeCapability;
}
