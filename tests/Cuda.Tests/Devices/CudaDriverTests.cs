using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda.Tests;

public sealed class CudaDriverTests
{
    [Test]
    public void Discover_Always_GivesDevicesOrReasons()
    {
        using var provider = new CudaDeviceProvider();
        var found = provider.Discover();
        Assert.That(found.Devices.Count + found.Refusals.Count, Is.Positive);
        Assert.That(provider.Discover(), Is.SameAs(found));
    }

    [Test]
    public void NoDriver_Sentence_NamesFileAndRemedy() => Assert.That(
        CudaDriver.NoDriver().ToString(),
        Is.EqualTo(
            $"[no-driver] CUDA driver must be installed, got none ({DriverLibrary.FileNames[0]} not found); "
            + "install it or choose a cpu device."));

    [Test]
    public void TooOld_Sentence_NamesBothVersions() => Assert.That(
        CudaDriver.TooOld(11080).ToString(),
        Is.EqualTo("[driver-version] CUDA driver must be 12.0 or newer, got 11.8; update it."));

    [TestCase(11080, false)]
    [TestCase(11999, false)]
    [TestCase(12000, true)]
    [TestCase(13000, true)]
    public void Obstacle_Version_IsNoneFromTwelveOn(int version, bool accepted) =>
        Assert.That(CudaDriver.Obstacle(version) is null, Is.EqualTo(accepted));

    [TestCase(false, new[] { "libcuda.so.1", "libcuda.so" })]
    [TestCase(true, new[] { "nvcuda.dll" })]
    public void FileNamesOf_System_AreTheDriversThere(bool isWindows, string[] expected) =>
        Assert.That(DriverLibrary.FileNamesOf(isWindows), Is.EqualTo(expected));

    [Test]
    public void NoDevice_DriverThatDoesNotStart_NamesTheError() => Assert.That(
        CudaDriver.NoDevice((CUresult)4711).ToString(),
        Does.StartWith("[no-device] CUDA driver must be able to start, got ")
            .And.EndsWith("; see the driver's log or choose a cpu device."));

    [Test]
    public void NoDevice_Sentence_NamesCount() => Assert.That(
        CudaDriver.NoDevice(CUresult.CUDA_ERROR_NO_DEVICE).ToString(),
        Is.EqualTo(
            "[no-device] CUDA device count must be at least 1, got 0; "
            + "make a GPU visible (CUDA_VISIBLE_DEVICES) or choose a cpu device."));

    [TestCase(null, int.MaxValue)]
    [TestCase("", int.MaxValue)]
    [TestCase("80", 80)]
    [TestCase("8.0", null)]
    [TestCase("-1", null)]
    public void CapabilityLimit_Text_IsTheNumberOrNone(string? text, int? expected) =>
        Assert.That(CudaDriver.CapabilityLimit(text), Is.EqualTo(expected));

    [Test]
    public void BadLimit_Sentence_NamesVariableAndValue() => Assert.That(
        CudaDriver.BadLimit("8.0").ToString(),
        Is.EqualTo(
            "[no-device] FUSEDMOE_CUDA_CAPABILITY must be a compute capability times ten, for example 80, "
            + "got '8.0'; unset it."));

    [Test]
    public void Open_IndexOutOfRange_ListsWhatIsThere()
    {
        using var provider = new CudaDeviceProvider();
        Assert.That(
            () => provider.Open(4711),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("There is no device cuda:4711;"));
    }

    [Test]
    public void CudaException_Text_NamesCallDeviceAndError()
    {
        var error = new CudaException(
            CUresult.CUDA_ERROR_INVALID_VALUE, "Driver.cuStreamSynchronize(_handle)", DeviceId.Cuda(1), "kernel_a, grid 3x1x1");
        Assert.That(
            error.Message,
            Is.EqualTo("cuStreamSynchronize(_handle) [kernel_a, grid 3x1x1] failed on cuda:1: CUDA_ERROR_INVALID_VALUE (1)."));
        Assert.That(error.Code, Is.EqualTo(1));
    }
}
