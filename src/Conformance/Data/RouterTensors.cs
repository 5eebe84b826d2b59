namespace FusedMoe.Conformance;

/// <summary>What a router needs beside logits.</summary>
internal sealed record RouterTensors(float[]? CorrectionBias, int[]? HashTable, int[]? TokenIds)
{
    public RouterTensors With(int[] tokenIds) => this with { TokenIds = tokenIds };
}
