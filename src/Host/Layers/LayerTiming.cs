namespace FusedMoe.Host.Layers;

/// <summary>How long calls of a layer take.</summary>
internal static class LayerTiming
{
    /// <summary>
    /// Median time of <paramref name="repeats"/> calls on <paramref name="tokens"/> rows after a warm-up, in microseconds.
    /// </summary>
    public static double MedianMicroseconds(LayerRun layer, int tokens, int repeats, CancellationToken stop)
    {
        using var before = layer.Kernel.Device.CreateEvent();
        using var after = layer.Kernel.Device.CreateEvent();
        var samples = new double[repeats];
        RuntimeWarmUp.Run(() => layer.Apply(tokens), layer.Stream, RuntimeWarmUp.Milliseconds, stop);
        for (var i = 0; i < repeats; i++)
        {
            stop.ThrowIfCancellationRequested();
            layer.Stream.Record(before);
            layer.Apply(tokens);
            layer.Stream.Record(after);
            samples[i] = after.MicrosecondsSince(before);
        }

        Array.Sort(samples);
        return Median.Of(samples);
    }
}
