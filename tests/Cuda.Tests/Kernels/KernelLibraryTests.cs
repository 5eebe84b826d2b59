using System.Security.Cryptography;
using System.Text;

namespace FusedMoe.Cuda.Tests;

public sealed class KernelLibraryTests
{
    private static readonly byte[] Image = Encoding.ASCII.GetBytes("not really a cubin");

    [Test]
    public void FromStreams_Manifest_ReadsEveryField()
    {
        var entry = Library().Manifest["sm90_add"];
        Assert.Multiple(() =>
        {
            Assert.That(entry.Threads, Is.EqualTo(128));
            Assert.That(entry.SharedBytes, Is.EqualTo(1024));
            Assert.That(entry.Cluster, Is.EqualTo(new[] { 2, 1, 1 }));
            Assert.That(entry.ArgumentBytes, Is.EqualTo(12));
            Assert.That(entry.Constant("block_m"), Is.EqualTo(64));
        });
    }

    [Test]
    public void FromStreams_NoClusterAndNoConstants_HaveTheirDefaults()
    {
        const string Plain = """
            {
              "key": "k", "stem": "k", "symbol": "k", "threads": 32, "parameters": [], "sources": [], "sha256": "", "images": []
            }
            """;
        var manifest = $$"""{ "toolchain": "x", "kernels": [{{Plain}}] }""";
        var entry = KernelLibrary.FromStreams("Some.Plugin", _ => Stream(manifest)).Manifest["k"];
        Assert.Multiple(() =>
        {
            Assert.That(entry.Cluster, Is.EqualTo(new[] { 1, 1, 1 }));
            Assert.That(entry.Constants, Is.Empty);
        });
    }

    [Test]
    public void FromStreams_NoManifest_NamesTheResource() => Assert.That(
        () => KernelLibrary.FromStreams("Some.Plugin", _ => null),
        Throws.InstanceOf<KernelImageException>().With.Message.EqualTo(
            "Some.Plugin must embed Kernels/manifest.json, got none; run the kernel build."));

    [Test]
    public void FromStreams_UnknownField_IsRefused() => Assert.That(
        () => KernelLibrary.FromStreams("Some.Plugin", _ => Stream("""{ "toolchain": "x", "kernels": [], "path": "/" }""")),
        Throws.InstanceOf<KernelImageException>());

    [Test]
    public void FromStreams_SameKeyTwice_IsRefused()
    {
        var row = Row(Hash(Image));
        var manifest = $$"""{ "toolchain": "x", "kernels": [{{row}}, {{row}}] }""";
        Assert.That(
            () => KernelLibrary.FromStreams("Some.Plugin", _ => Stream(manifest)),
            Throws.InstanceOf<KernelImageException>().With.Message.Contains("'sm90_add' 2 times"));
    }

    [Test]
    public void Manifest_UnknownKey_ListsKnownOnes() => Assert.That(
        () => Library().Manifest["sm90_ad"],
        Throws.InstanceOf<KeyNotFoundException>().With.Message.EqualTo("No kernel is named 'sm90_ad'. Known: sm90_add."));

    [Test]
    public void ReadImage_OtherHash_IsRefused()
    {
        var library = Library(new string('0', 64));
        Assert.That(
            () => library.ReadImage(library.Manifest["sm90_add"].Images[0]),
            Throws.InstanceOf<KernelImageException>().With.Message.Contains($"got {Hash(Image)}"));
    }

    [Test]
    public void ReadImage_SameHash_GivesBytes()
    {
        var library = Library();
        Assert.That(library.ReadImage(library.Manifest["sm90_add"].Images[0]), Is.EqualTo(Image));
    }

    [TestCase(90, "add.cubin")]
    [TestCase(80, "add.ptx")]
    [TestCase(100, "add.ptx")]
    [TestCase(75, null)]
    public void ImageFor_Capability_PrefersCubinThenPtx(int capability, string? file) =>
        Assert.That(Library().Manifest["sm90_add"].ImageFor(capability)?.File, Is.EqualTo(file));

    [TestCase("sm_90", 90, true)]
    [TestCase("sm_86", 89, true)]
    [TestCase("sm_90", 100, false)]
    [TestCase("sm_90a", 91, false)]
    [TestCase("compute_90a", 100, false)]
    [TestCase("compute_80", 120, true)]
    public void RunsOn_ArchAndCapability_FollowsCompatibilityRules(string arch, int capability, bool expected) =>
        Assert.That(new KernelImage(arch, "f", "h").RunsOn(capability), Is.EqualTo(expected));

    [Test]
    public void Supports_NoImageForDevice_SaysWhatThereIs()
    {
        var traits = new DeviceTraits
        {
            Id = DeviceId.Cuda(0),
            Name = "old",
            Processors = 1,
            MemoryBytes = 1,
            ComputeCapability = 75,
        };
        Assert.That(
            Library().Supports("sm90_add", traits).Refusal!.ToString(),
            Is.EqualTo(
                "[no-image] kernel image 'sm90_add' must be built for compute capability 7.5, got sm_90a, compute_80; "
                + "run the kernel build for that architecture."));
    }

    [TestCase(
        12030,
        "[driver-version] CUDA driver must be 12.4 or newer on other devices than compute capability 9.0, got 12.3; "
        + "update it.")]
    [TestCase(12040, null)]
    public void Supports_PtxOnly_NeedsADriverThatReadsIt(int driver, string? expected)
    {
        var traits = new DeviceTraits
        {
            Id = DeviceId.Cuda(0),
            Name = "x",
            Processors = 1,
            MemoryBytes = 1,
            ComputeCapability = 80,
            DriverVersion = driver,
        };
        Assert.That(Library().Supports("sm90_add", traits).Refusal?.ToString(), Is.EqualTo(expected));
        Assert.That(Library().Supports("sm90_add", traits with { ComputeCapability = 90 }).IsYes);
    }

    [Test]
    public void Verify_ImagesAsTheManifestSays_Passes() => Assert.That(() => Library().Verify(), Throws.Nothing);

    [Test]
    public void Verify_OtherHash_NamesTheImage() => Assert.That(
        () => Library(new string('0', 64)).Verify(),
        Throws.InstanceOf<KernelImageException>()
            .With.Message.StartsWith("Kernel image add.cubin of Some.Plugin must have SHA-256 0"));

    [TestCase("add", new[] { 8, 4 }, null)]
    [TestCase("add", new[] { 8 }, "got 1 parameters at 0+8;")]
    [TestCase("add", new[] { 8, 4, 4 }, "got 3 parameters at 0+8 8+4 12+4;")]
    [TestCase("add", new[] { 8, 8 }, "got 2 parameters at 0+8 8+8;")]
    [TestCase("add", new int[0], "got 0 parameters;")]
    [TestCase("subtract", new[] { 8, 4 }, "got no such kernel;")]
    public void Verify_CubinOfParameters_MustBeTheManifests(string symbol, int[] sizes, string? message)
    {
        var cubin = TestCubin.Of(symbol, sizes);
        var manifest = $$"""{ "toolchain": "nvcc 12.4", "kernels": [{{Row(Hash(cubin))}}] }""";
        var library = KernelLibrary.FromStreams(
            "Some.Plugin", name => name == "manifest.json" ? Stream(manifest) : new MemoryStream(cubin));
        if (message is null)
        {
            Assert.That(library.Verify, Throws.Nothing);
            return;
        }

        Assert.That(
            library.Verify,
            Throws.InstanceOf<KernelImageException>()
                .With.Message.Contains("'sm90_add' in add.cubin of Some.Plugin must have 2 parameters at 0+8 8+4, " + message));
    }

    [Test]
    public void Get_CpuDevice_IsRefused() => Assert.That(() => Library().Get("sm90_add", null!), Throws.ArgumentException);

    [Test]
    public void HashSources_TwoFiles_EqualsSha256sumOfItsListing()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "a.cu"), "a");
            File.WriteAllText(Path.Combine(folder, "b.cuh"), "b");
            var listing = $"{Hash("a"u8.ToArray())}  a.cu\n{Hash("b"u8.ToArray())}  b.cuh\n";
            Assert.That(
                KernelManifest.HashSources(folder, ["a.cu", "b.cuh"]), Is.EqualTo(Hash(Encoding.UTF8.GetBytes(listing))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static KernelLibrary Library(string? hash = null)
    {
        var manifest = $$"""{ "toolchain": "nvcc 12.4", "kernels": [{{Row(hash ?? Hash(Image))}}] }""";
        return KernelLibrary.FromStreams(
            "Some.Plugin", name => name == "manifest.json" ? Stream(manifest) : new MemoryStream(Image));
    }

    private static string Row(string hash) => $$"""
        {
          "key": "sm90_add", "stem": "sm90_add", "symbol": "add", "threads": 128, "sharedBytes": 1024, "cluster": [2, 1, 1],
          "parameters": [{ "name": "x", "offset": 0, "size": 8 }, { "name": "n", "offset": 8, "size": 4 }],
          "constants": { "block_m": "64" }, "sources": ["sm90_add.cu"], "sha256": "0",
          "images": [
            { "arch": "sm_90a", "file": "add.cubin", "sha256": "{{hash}}" },
            { "arch": "compute_80", "file": "add.ptx", "sha256": "{{hash}}" }
          ]
        }
        """;

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
