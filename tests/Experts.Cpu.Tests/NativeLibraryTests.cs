using System.Security.Cryptography;
using System.Text.Json;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>The committed native library belongs to the committed source.</summary>
public sealed class NativeLibraryTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot(), "src", "Experts.Cpu", "Native");

    [TestCase("source", "sourceSha256")]
    [TestCase("library", "librarySha256")]
    public void Manifest_CommittedFile_HasItsHash(string name, string hash)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "manifest.json")));
        var file = manifest.RootElement.GetProperty(name).GetString()!;
        var actual = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder, file))));
        Assert.That(
            actual, Is.EqualTo(manifest.RootElement.GetProperty(hash).GetString()),
            $"{file} changed since the library was built; run tools/build-cpu-native.sh");
    }

    [Test]
    public void Available_ProcessorWithoutTheLibrary_StillHasManagedKernels() =>
        Assert.That(DotKernels.Available(), Does.Contain(InstructionSet.Portable));

    [Test]
    public void For_QuantizedOrFloat32Layer_IsManaged()
    {
        var kernels = new DotKernels(InstructionSet.Auto);
        var float32 = new LayerCase
        {
            Features = new()
            {
                ActivationDType = DType.Float32,
                WeightDType = DType.Float32
            }
        };
        Assert.That(kernels.For(float32.Layer).Operand, Is.EqualTo(DType.Float32));
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Plugins.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"No Plugins.sln above {AppContext.BaseDirectory}.");
    }
}
