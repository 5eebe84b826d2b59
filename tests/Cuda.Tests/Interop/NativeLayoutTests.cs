using System.Runtime.InteropServices;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda.Tests;

public sealed unsafe class NativeLayoutTests
{
    [Test]
    public void CUlaunchConfig_Layout_MatchesHeader()
    {
        Assert.Multiple(() =>
        {
            Assert.That(sizeof(CUlaunchConfig), Is.EqualTo(56));
            Assert.That(Offset<CUlaunchConfig>(nameof(CUlaunchConfig.sharedMemBytes)), Is.EqualTo(24));
            Assert.That(Offset<CUlaunchConfig>(nameof(CUlaunchConfig.hStream)), Is.EqualTo(32));
            Assert.That(Offset<CUlaunchConfig>(nameof(CUlaunchConfig.attrs)), Is.EqualTo(40));
            Assert.That(Offset<CUlaunchConfig>(nameof(CUlaunchConfig.numAttrs)), Is.EqualTo(48));
        });
    }

    [Test]
    public void CUlaunchAttribute_Layout_HasValueAt8In72Bytes()
    {
        Assert.That(sizeof(CUlaunchAttribute), Is.EqualTo(72));
        Assert.That(Offset<CUlaunchAttribute>(nameof(CUlaunchAttribute.value0)), Is.EqualTo(8));
    }

    [Test]
    public void CUtensorMap_Size_Is128Bytes() => Assert.That(sizeof(CUtensorMap), Is.EqualTo(128));

    [Test]
    public void CUmemPoolProps_Layout_MatchesHeader()
    {
        Assert.That(sizeof(CUmemPoolProps), Is.EqualTo(88));
        Assert.That(Offset<CUmemPoolProps>(nameof(CUmemPoolProps.location)), Is.EqualTo(8));
        Assert.That(Offset<CUmemPoolProps>(nameof(CUmemPoolProps.maxSize)), Is.EqualTo(24));
    }

    [Test]
    public void CUmemAccessDesc_Size_Is12Bytes() => Assert.That(sizeof(CUmemAccessDesc), Is.EqualTo(12));

    [Test]
    public void CUgraphExecUpdateResultInfo_Size_Is24Bytes() =>
        Assert.That(sizeof(CUgraphExecUpdateResultInfo), Is.EqualTo(24));

    [Test]
    public void CUtensorMapDataType_Values_MatchHeader()
    {
        Assert.That((int)CUtensorMapDataType.CU_TENSOR_MAP_DATA_TYPE_FLOAT16, Is.EqualTo(6));
        Assert.That((int)CUtensorMapDataType.CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, Is.EqualTo(9));
    }

    [Test]
    public void TensorMap_Address_IsAligned64()
    {
        using var map = new TensorMap();
        fixed (CUtensorMap* pointer = &map.Value)
        {
            Assert.That((ulong)pointer % TensorMap.Alignment, Is.Zero);
        }
    }

    [Test]
    public void EncodeTo_UnalignedDestination_IsRefused()
    {
        using var map = new TensorMap();
        fixed (CUtensorMap* pointer = &map.Value)
        {
            var unaligned = (CUtensorMap*)((byte*)pointer + 8);
            Assert.That(
                () => TensorMap.EncodeTo(unaligned, new TiledTensor { Rank = 2 }),
                Throws.ArgumentException.With.Message.Contains("multiple of 64"));
        }
    }

    [Test]
    public void NvtxExportTableCallbacks_Size_IsTwoWords()
    {
        Assert.That(sizeof(NvtxExportTableCallbacks), Is.EqualTo(2 * sizeof(nint)));
        Assert.That(
            Offset<NvtxExportTableCallbacks>(nameof(NvtxExportTableCallbacks.GetModuleFunctionTable)),
            Is.EqualTo(sizeof(nint)));
    }

    private static int Offset<T>(string field) => (int)Marshal.OffsetOf<T>(field);
}
