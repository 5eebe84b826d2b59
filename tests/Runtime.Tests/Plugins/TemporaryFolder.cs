namespace FusedMoe.Runtime.Tests.Plugins;

/// <summary>An empty folder that is removed at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fusedmoe-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
