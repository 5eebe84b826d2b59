namespace FusedMoe;

/// <summary>Sizes of a layer, of the whole model before any parallel split.</summary>
/// <param name="Experts">Global experts G, 1 to 65536.</param>
/// <param name="TopK">Experts a token, 1 to <paramref name="Experts"/>.</param>
/// <param name="Hidden">Hidden size K, in elements.</param>
/// <param name="Intermediate">Intermediate size I of one expert, in elements; the first product is 2I wide when
/// gated.</param>
public sealed record MoeShape(int Experts, int TopK, int Hidden, int Intermediate)
{
    /// <summary>For example <c>experts 8, top-k 2, hidden 4096, intermediate 14336</c>.</summary>
    public override string ToString() => $"experts {Experts}, top-k {TopK}, hidden {Hidden}, intermediate {Intermediate}";
}
