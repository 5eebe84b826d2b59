namespace FusedMoe.Cpu.Benchmarks;

/// <summary>Times of the same layer in torch, in one element type.</summary>
internal sealed record PeerFigure(
    string Torch, string DType, int Tokens, double MedianMilliseconds, double BestMilliseconds, int Runs)
{
    public override string ToString() =>
        $"torch {Torch} {DType} {Tokens} tokens: {MedianMilliseconds:F2} ms (best {BestMilliseconds:F2})";
}
