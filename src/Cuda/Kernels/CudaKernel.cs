using System.Runtime.CompilerServices;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>A loaded kernel. Launching allocates nothing and may be captured in a graph.</summary>
public sealed unsafe class CudaKernel
{
    private const int MaxAttributes = 3;
    private const int Programmatic = 1;
    private const int Cooperative = 2;
    private const int Combinations = 4;
    private const int ProgrammaticCapability = 90;

    // The attributes of every combination, written once; pinned, so that the driver can read them where they are.
    private readonly CUlaunchAttribute[] _attributes =
        GC.AllocateArray<CUlaunchAttribute>(Combinations * MaxAttributes, pinned: true);

    private readonly uint[] _attributeCounts = new uint[Combinations];
    private readonly CudaDevice _device;
    private readonly CUfunction _function;
    private readonly int[] _offsets;
    private readonly int _argumentBytes;
    private readonly int _threads;
    private readonly int _sharedBytes;
    private readonly bool _canDepend;

    internal CudaKernel(CudaDevice device, CUfunction function, KernelEntry entry)
    {
        (_device, _function, Entry) = (device, function, entry);
        _offsets = [.. entry.Parameters.Select(p => p.Offset)];
        (_argumentBytes, _threads, _sharedBytes) = (entry.ArgumentBytes, entry.Threads, entry.SharedBytes);
        _canDepend = CanDepend(device.Traits);
        for (var i = 0; i < Combinations; i++)
        {
            var launch = new KernelLaunch(1)
            {
                IsProgrammatic = (i & Programmatic) != 0,
                IsCooperative = (i & Cooperative) != 0,
            };
            _attributeCounts[i] = WriteAttributes(Attributes(i), launch, entry.Cluster);
        }
    }

    internal CUfunction Function => _function;

    /// <summary>The manifest's row.</summary>
    public KernelEntry Entry { get; }

    /// <summary>
    /// Launches with the arguments that <paramref name="args"/> holds in the order and alignment of the kernel's
    /// parameters.
    /// </summary>
    /// <param name="args">Blittable struct; read before the call returns.</param>
    /// <param name="launch">Grid and attributes.</param>
    /// <param name="stream">A stream of the same device.</param>
    /// <typeparam name="TArgs">Its fields lie where <see cref="KernelEntry.Parameters"/> says.</typeparam>
    /// <exception cref="ArgumentException">The struct is smaller than the kernel's parameters, or the stream is another
    /// device's.</exception>
    /// <exception cref="CudaException">The driver refused; names the kernel and its configuration.</exception>
    public void Launch<TArgs>(in TArgs args, in KernelLaunch launch, IComputeStream stream)
        where TArgs : unmanaged
    {
        fixed (TArgs* pointer = &args)
        {
            Launch((byte*)pointer, sizeof(TArgs), launch, stream);
        }
    }

    /// <summary>
    /// Blocks of this kernel that one multiprocessor holds at once with the manifest's block and shared memory.
    /// </summary>
    public int MaxResidentBlocks()
    {
        _device.MakeCurrent();
        int blocks;
        var shared = (nuint)Entry.SharedBytes;
        Driver.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, _function, Entry.Threads, shared)
            .Check(_device.Id, Entry.Key);
        return blocks;
    }

    /// <summary>
    /// True when kernels may start before their predecessors end: compute capability 9.0, and a driver (12.3) that captures
    /// such launches in graphs.
    /// </summary>
    internal static bool CanDepend(DeviceTraits device) =>
        device.ComputeCapability >= ProgrammaticCapability && device.DriverVersion >= CudaDriver.ProgrammaticVersion;

    /// <summary>Writes the launch attributes and returns their number.</summary>
    internal static uint WriteAttributes(
        CUlaunchAttribute* attributes, in KernelLaunch launch, IReadOnlyList<int> cluster)
    {
        uint count = 0;
        var (x, y, z) = (cluster[0], cluster[1], cluster[2]);
        if (x * y * z > 1)
        {
            attributes[count++] = new CUlaunchAttribute
            {
                id = CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION,
                value0 = (uint)x,
                value1 = (uint)y,
                value2 = (uint)z,
            };
        }

        if (launch.IsProgrammatic)
        {
            attributes[count++] = new CUlaunchAttribute
            {
                id = CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION,
                value0 = 1,
            };
        }

        if (launch.IsCooperative)
        {
            attributes[count++] = new CUlaunchAttribute
            {
                id = CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_COOPERATIVE,
                value0 = 1,
            };
        }

        return count;
    }

    // Not generic, so that it is compiled once, and ahead of time when the assembly is.
    [SkipLocalsInit]
    private void Launch(byte* args, int bytes, in KernelLaunch launch, IComputeStream stream)
    {
        var cuda = CudaStream.Require(stream);
        if (bytes < _argumentBytes || cuda.Device != _device)
        {
            throw Mismatch(bytes, cuda);
        }

        if (launch.GridX <= 0 || launch.GridY <= 0 || launch.GridZ <= 0)
        {
            return;
        }

        _device.MakeCurrent();
        var offsets = _offsets;
        var parameters = stackalloc void*[offsets.Length];
        for (var i = 0; i < offsets.Length; i++)
        {
            parameters[i] = args + offsets[i];
        }

        var threads = (uint)(launch.Threads == 0 ? _threads : launch.Threads);
        var shared = (uint)(launch.SharedBytes ?? _sharedBytes);
        var combination = (launch.IsProgrammatic && _canDepend ? Programmatic : 0) | (launch.IsCooperative ? Cooperative : 0);
        var hasAttributes = _attributeCounts[combination] > 0;
        var status = hasAttributes
            ? LaunchWithAttributes(parameters, threads, shared, launch, combination, cuda.NativeHandle)
            : Driver.cuLaunchKernel(
                _function, (uint)launch.GridX, (uint)launch.GridY, (uint)launch.GridZ, threads, 1, 1, shared, cuda.NativeHandle,
                parameters, null);
        if (status != CUresult.CUDA_SUCCESS)
        {
            var call = hasAttributes ? nameof(Driver.cuLaunchKernelEx) : nameof(Driver.cuLaunchKernel);
            status.Check(_device.Id, Describe(Entry, launch), call);
        }
    }

    [SkipLocalsInit]
    private CUresult LaunchWithAttributes(
        void** parameters, uint threads, uint shared, in KernelLaunch launch, int combination, CUstream stream)
    {
        var config = new CUlaunchConfig
        {
            gridDimX = (uint)launch.GridX,
            gridDimY = (uint)launch.GridY,
            gridDimZ = (uint)launch.GridZ,
            blockDimX = threads,
            blockDimY = 1,
            blockDimZ = 1,
            sharedMemBytes = shared,
            hStream = stream,
            attrs = Attributes(combination),
            numAttrs = _attributeCounts[combination],
        };
        return Driver.cuLaunchKernelEx(&config, _function, parameters, null);
    }

    private CUlaunchAttribute* Attributes(int combination) =>
        (CUlaunchAttribute*)Unsafe.AsPointer(ref _attributes[combination * MaxAttributes]);

    /// <summary>For errors: the kernel, grid and attributes, and what the manifest adds.</summary>
    internal static string Describe(KernelEntry entry, in KernelLaunch launch)
    {
        var cluster = entry.Cluster.All(c => c == 1) ? string.Empty : $", cluster {string.Join('x', entry.Cluster)}";
        return $"{entry.Key}, {launch}, manifest block {entry.Threads}{cluster}, "
            + $"shared {launch.SharedBytes ?? entry.SharedBytes} bytes";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ArgumentException Mismatch(int size, CudaStream stream)
    {
        var subject = $"kernel '{Entry.Key}'";
        return stream.Device == _device
            ? new ArgumentException($"Arguments of {subject} must have {_argumentBytes} bytes, got a struct of {size}.")
            : new ArgumentException(
                $"The stream of {subject} must be on the device object it is loaded on ({_device.Id}), "
                + $"got {stream.Device.Id}.");
    }
}
