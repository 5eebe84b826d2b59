namespace FusedMoe.Cpu.Benchmarks;

/// <summary>Times of one token count, and how far they are from what the machine can do.</summary>
/// <param name="Kernels">Instruction sets in use.</param>
/// <param name="Tokens">Rows of the call.</param>
/// <param name="MedianMilliseconds">Median of the runs.</param>
/// <param name="BestMilliseconds">Fastest run.</param>
/// <param name="Runs">Timed runs.</param>
/// <param name="ProcessorMilliseconds">Mean processor time of a run over all threads: what a busy machine does not
/// change much.</param>
/// <param name="WeightGigabytesPerSecond">Bytes of the experts that were routed to, once each, per second of the
/// median.</param>
/// <param name="Gigaflops">Floating-point operations of both products per second of the median.</param>
/// <param name="OfCopyBandwidth">Weight reading over the measured copy bandwidth.</param>
/// <param name="OfFmaPeak">Operations over the measured float32 FMA peak.</param>
internal sealed record LayerFigure(
    string Kernels, int Tokens, double MedianMilliseconds, double BestMilliseconds, int Runs,
    double ProcessorMilliseconds,
    double WeightGigabytesPerSecond,
    double Gigaflops, double OfCopyBandwidth, double OfFmaPeak)
{
    public override string ToString() =>
        $"fusedmoe ({Kernels}) {Tokens} tokens: {MedianMilliseconds:F2} ms "
        + $"(best {BestMilliseconds:F2}, processor {ProcessorMilliseconds:F2}), "
        + $"{WeightGigabytesPerSecond:F1} GB/s = {OfCopyBandwidth:P0} of copy, "
        + $"{Gigaflops:F0} GFLOP/s = {OfFmaPeak:P0} of FMA";
}
