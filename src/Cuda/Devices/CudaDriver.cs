using System.Globalization;
using System.Text;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// Asks the driver what is there. Nothing here throws for a missing or old driver; that is a refusal.
/// </summary>
internal static unsafe class CudaDriver
{
    /// <summary>The oldest driver whose interfaces are used here (12.0), as <c>1000·major + 10·minor</c>.</summary>
    internal const int MinimumVersion = 12000;

    /// <summary>The driver version since which a function tells its parameters.</summary>
    internal const int ParameterQueryVersion = 12040;

    /// <summary>The driver version since which launches that depend programmatically can be captured in graphs.</summary>
    internal const int ProgrammaticVersion = 12030;

    /// <summary>The driver version since which PTX 8.4 is read, the version that the kernel builds write.</summary>
    internal const int PtxVersion = 12040;

    /// <summary>
    /// Environment variable with a compute capability times ten: newer devices then count as that one, so that the images and
    /// plans of older devices can be tried on them.
    /// </summary>
    internal const string CapabilityVariable = "FUSEDMOE_CUDA_CAPABILITY";

    /// <summary>All devices that can be opened, or the reasons why there are none.</summary>
    internal static DeviceDiscovery Discover()
    {
        if (!DriverLibrary.Probe())
        {
            return Refused(NoDriver());
        }

        var version = 0;
        var status = Driver.cuDriverGetVersion(&version);
        if (status == CUresult.CUDA_SUCCESS && Obstacle(version) is { } obstacle)
        {
            return Refused(obstacle);
        }

        var text = Environment.GetEnvironmentVariable(CapabilityVariable);
        var limit = CapabilityLimit(text);
        if (limit is null)
        {
            return Refused(BadLimit(text));
        }

        status = Driver.cuInit(0);
        var count = 0;
        if (status == CUresult.CUDA_SUCCESS)
        {
            status = Driver.cuDeviceGetCount(&count);
        }

        if (status != CUresult.CUDA_SUCCESS || count == 0)
        {
            return Refused(NoDevice(status));
        }

        return Read(count, version, limit.Value);
    }

    /// <summary>What stands against a driver of a version; null for nothing.</summary>
    internal static Refusal? Obstacle(int version) => version < MinimumVersion ? TooOld(version) : null;

    /// <summary>The refusal for a machine without the driver library.</summary>
    internal static Refusal NoDriver() => new(
        RefusalCodes.NoDriver,
        "CUDA driver",
        "installed",
        $"none ({DriverLibrary.FileNames[0]} not found)",
        "install it or choose a cpu device");

    /// <summary>The refusal for a driver older than <see cref="MinimumVersion"/>.</summary>
    internal static Refusal TooOld(int version) => new(
        RefusalCodes.DriverVersion,
        "CUDA driver",
        $"{VersionText(MinimumVersion)} or newer",
        VersionText(version),
        "update it");

    /// <summary>The refusal for a driver without devices, or one that does not start.</summary>
    internal static Refusal NoDevice(CUresult status) => status is CUresult.CUDA_SUCCESS or CUresult.CUDA_ERROR_NO_DEVICE
        ? new(
            RefusalCodes.NoDevice,
            "CUDA device count",
            "at least 1",
            "0",
            "make a GPU visible (CUDA_VISIBLE_DEVICES) or choose a cpu device")
        : new(
            RefusalCodes.NoDevice,
            "CUDA driver",
            "able to start",
            new CudaException(status, nameof(Driver.cuInit), null, null).ErrorName,
            "see the driver's log or choose a cpu device");

    /// <summary>The limit that the variable's text sets, the highest number without one, null when it is no number.</summary>
    internal static int? CapabilityLimit(string? text) => string.IsNullOrEmpty(text)
        ? int.MaxValue
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;

    /// <summary>The refusal for a limit that is no number.</summary>
    internal static Refusal BadLimit(string? text) => new(
        RefusalCodes.NoDevice, CapabilityVariable, "a compute capability times ten, for example 80", $"'{text}'", "unset it");

    private static DeviceDiscovery Refused(Refusal refusal) => new([], [refusal]);

    private static DeviceDiscovery Read(int count, int version, int limit)
    {
        var devices = new List<DeviceTraits>();
        var refusals = new List<Refusal>();
        for (var i = 0; i < count; i++)
        {
            try
            {
                devices.Add(ReadTraits(i, version, limit));
            }
            catch (CudaException e)
            {
                var subject = $"CUDA device {i}";
                refusals.Add(new Refusal(RefusalCodes.NoDevice, subject, "readable", e.ErrorName, "see the driver's log"));
            }
        }

        return new DeviceDiscovery(devices, refusals);
    }

    private static DeviceTraits ReadTraits(int index, int version, int limit)
    {
        CUdevice device;
        Driver.cuDeviceGet(&device, index).Check(DeviceId.Cuda(index));
        nuint memory;
        Driver.cuDeviceTotalMem(&memory, device).Check(DeviceId.Cuda(index));
        var major = Read(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        var minor = Read(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        var shared = Read(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
        return new DeviceTraits
        {
            Id = DeviceId.Cuda(index),
            Name = ReadName(device, index),
            ComputeCapability = Math.Min((10 * major) + minor, limit),
            Processors = Read(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
            SharedMemoryPerBlock = shared,
            CacheBytes = Read(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE),
            MemoryBytes = checked((long)memory),
            DriverVersion = version,
            CanCaptureGraphs = true,
        };
    }

    private static string ReadName(CUdevice device, int index)
    {
        const int capacity = 256;
        var name = stackalloc byte[capacity];
        Driver.cuDeviceGetName(name, capacity, device).Check(DeviceId.Cuda(index));
        var bytes = new ReadOnlySpan<byte>(name, capacity);
        return Encoding.UTF8.GetString(bytes[..bytes.IndexOf((byte)0)]);
    }

    private static int Read(CUdevice device, CUdevice_attribute attribute)
    {
        int value;
        Driver.cuDeviceGetAttribute(&value, attribute, device).Check(DeviceId.Cuda(device.Value));
        return value;
    }

    /// <summary>A version as messages write it.</summary>
    internal static string VersionText(int version) =>
        string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");
}
