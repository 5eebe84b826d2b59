using System.Runtime.InteropServices;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda.Tests;

public sealed class LaunchGpuTests : GpuFixture
{
    private const int Count = 1000;
    private static readonly KernelLaunch Blocks = new((Count + 127) / 128);

    [Test]
    public void Launch_Add_ChangesTheElementsBelowN()
    {
        using var memory = Zeros();
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        kernel.Launch(new AddKernel.Args { x = memory.Pointer, n = 900, value = 1.5f }, Blocks, Stream);
        Assert.That(Read(memory), Is.EqualTo(Enumerable.Range(0, Count).Select(i => i < 900 ? 1.5f : 0f)));
    }

    [Test]
    public void Launch_ProgrammaticChain_KeepsOrder()
    {
        using var memory = Zeros();
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        for (var i = 0; i < 50; i++)
        {
            // The kernel neither triggers nor waits, so the driver must run these one after the other.
            kernel.Launch(Add(memory, 1f), Blocks with { IsProgrammatic = Device.Traits.ComputeCapability >= 90 }, Stream);
        }

        Assert.That(Read(memory), Is.All.EqualTo(50f));
    }

    [Test]
    public void Launch_Cooperative_RunsWhatFitsAndRefusesMore()
    {
        using var memory = Zeros();
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        kernel.Launch(Add(memory, 1f), Blocks with { IsCooperative = true }, Stream);
        Assert.That(Read(memory), Is.All.EqualTo(1f));
        var tooMany = new KernelLaunch((kernel.MaxResidentBlocks() * Device.Traits.Processors) + 1) { IsCooperative = true };
        Assert.That(
            () => kernel.Launch(Add(memory, 1f), tooMany, Stream),
            Throws.InstanceOf<CudaException>().With.Message.Contains("cuLaunchKernelEx [sm80_f32_add")
                .And.Message.Contains("cooperative"));
    }

    [Test]
    public void Launch_ManyTimes_AllocatesNothing()
    {
        using var memory = Zeros();
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            // The runtime itself may allocate once on this thread, so the least of several attempts counts.
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                kernel.Launch(Add(memory, 1f), Blocks, Stream);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.That(least, Is.Zero);
        Assert.That(Read(memory), Is.All.EqualTo(300f));
    }

    [Test]
    public void Launch_EmptyGrid_DoesNothing()
    {
        using var memory = Zeros();
        AddKernel.Library().Get(AddKernel.Key, Device).Launch(Add(memory, 1f), new KernelLaunch(0), Stream);
        Assert.That(Read(memory), Is.All.Zero);
    }

    [Test]
    public void Launch_TooManyThreads_NamesKernelAndConfiguration()
    {
        using var memory = Zeros();
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        Assert.That(
            () => kernel.Launch(Add(memory, 1f), new KernelLaunch(3) { Threads = 4096 }, Stream),
            Throws.InstanceOf<CudaException>().With.Message.Contains("cuLaunchKernel [sm80_f32_add, grid 3x1x1, block 4096")
                .And.Message.Contains($"on {Device.Traits.Id}: CUDA_ERROR_INVALID_VALUE (1)"));
    }

    [Test]
    public void Launch_StructTooSmall_IsRefused()
    {
        var kernel = AddKernel.Library().Get(AddKernel.Key, Device);
        Assert.That(
            () => kernel.Launch(0L, Blocks, Stream), Throws.ArgumentException.With.Message.Contains("must have 16 bytes"));
    }

    [Test]
    public void Get_ManifestOfOtherParameters_IsRefused()
    {
        if (Device.Traits.DriverVersion < CudaDriver.ParameterQueryVersion)
        {
            Assert.Ignore("this driver cannot tell parameters");
        }

        Assert.That(
            () => AddKernel.Library(secondSize: 8).Get(AddKernel.Key, Device),
            Throws.InstanceOf<KernelImageException>().With.Message.Contains(
                "must have offset 8, size 8, got offset 8, size 4"));
    }

    [Test]
    public void Get_Twice_LoadsOnce()
    {
        var library = AddKernel.Library();
        var first = library.Get(AddKernel.Key, Device);
        var modules = Device.Modules.Count;
        Assert.That(library.Get(AddKernel.Key, Device), Is.SameAs(first));
        Assert.That(Device.Modules.Count, Is.EqualTo(modules));
        Assert.That(first.MaxResidentBlocks(), Is.Positive);
    }

    [Test]
    public void Encode_Matrix_IsAcceptedAndBadBoxNamesSizes()
    {
        if (Device.Traits.ComputeCapability < 90)
        {
            Assert.Ignore("tensor maps need compute capability 9.0");
        }

        using var memory = Device.Allocate(128 * 256 * 2, "test");
        using var map = new TensorMap();
        var type = CUtensorMapDataType.CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
        map.Encode(TiledTensor.Matrix(memory.Pointer, type, (128, 256), 512, (64, 64)));
        Assert.That(
            () => map.Encode(TiledTensor.Matrix(memory.Pointer, type, (128, 256), 512, (64, 512))),
            Throws.InstanceOf<CudaException>().With.Message.Contains("256 (box 512)"));
    }

    internal static AddKernel.Args Add(IDeviceMemory memory, float value) =>
        new() { x = memory.Pointer, n = (int)(memory.Bytes / sizeof(float)), value = value };

    private IDeviceMemory Zeros()
    {
        var memory = Device.Allocate(Count * sizeof(float), "test");
        Stream.Fill(memory.Pointer, 0, memory.Bytes);
        return memory;
    }

    private float[] Read(IDeviceMemory memory)
    {
        var values = new float[Count];
        Stream.CopyToHost(memory.Pointer, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
