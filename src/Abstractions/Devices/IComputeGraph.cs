namespace FusedMoe;

/// <summary>Captured work that can be replayed.</summary>
public interface IComputeGraph : IDisposable
{
    /// <summary>Enqueues one replay on <paramref name="stream"/>; allocates nothing.</summary>
    void Launch(IComputeStream stream);
}
