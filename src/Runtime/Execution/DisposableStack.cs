namespace FusedMoe.Runtime;

/// <summary>
/// Owns things and disposes them in reverse order, so that a build that fails half way leaves nothing behind.
/// </summary>
internal sealed class DisposableStack : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();

    /// <summary>Takes ownership of <paramref name="item"/> and returns it.</summary>
    public T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Push(item);
        return item;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out var item))
        {
            item.Dispose();
        }
    }
}
