namespace FusedMoe.Cuda;

// Counts what is open, so that a test can prove that every path gives its handles back.
internal static class HandleCounts
{
    private static int _open;

    internal static int Open => Volatile.Read(ref _open);

    internal static void Opened() => Interlocked.Increment(ref _open);

    internal static void Closed() => Interlocked.Decrement(ref _open);
}
