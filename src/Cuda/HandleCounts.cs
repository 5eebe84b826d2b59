namespace FusedMoe.Cuda;

// Counts what is open, so that a test can prove that every path gives its handles back.
internal static class HandleCounts
{
    private static int s_open;

    internal static int Open => Volatile.Read(ref s_open);

    internal static void Opened() => Interlocked.Increment(ref s_open);

    internal static void Closed() => Interlocked.Decrement(ref s_open);
}
