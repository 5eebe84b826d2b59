namespace FusedMoe.Architecture.Tests;

/// <summary>All compiled kernels of the repository.</summary>
public sealed class KernelImageTests
{
    private const long MostBytes = 40_000_000;

    // Reading this version takes a CUDA 12.4 driver: CudaDriver.PtxVersion says so to users.
    private const string PtxVersion = ".version 8.4";

    [Test]
    public void Images_Together_StayUnderFortyMegabytes()
    {
        var images = Repository.Files("*.cubin", "src").Concat(Repository.Files("*.ptx", "src")).ToArray();

        Assert.That(images, Is.Not.Empty);
        Assert.That(images.Sum(i => new FileInfo(i).Length), Is.LessThan(MostBytes));
    }

    [Test]
    public void Ptx_EveryImage_IsOfTheVersionThatDriversAreAskedFor()
    {
        var others = Repository.Files("*.ptx", "src")
            .Where(f => !File.ReadLines(f).Take(20).Contains(PtxVersion))
            .Select(Repository.Relative);

        Assert.That(others, Is.Empty);
    }
}
