namespace FusedMoe.Runtime.Checkpoints;

/// <summary>The keys of config.json that hold a family's sizes; several names of one value, best first.</summary>
/// <param name="Experts">Routed experts.</param>
/// <param name="TopK">Experts a token.</param>
/// <param name="Intermediate">Intermediate size of one routed expert.</param>
/// <param name="Hidden">Hidden size.</param>
internal sealed record SizeKeys(
    IReadOnlyList<string> Experts,
    IReadOnlyList<string> TopK,
    IReadOnlyList<string> Intermediate,
    IReadOnlyList<string> Hidden)
{
    /// <summary>The usual names, with the intermediate size under <paramref name="intermediate"/>.</summary>
    public static SizeKeys Usual(params IReadOnlyList<string> intermediate) => new(
        ["num_experts", "num_local_experts", "n_routed_experts"],
        ["num_experts_per_tok"],
        intermediate,
        ["hidden_size"]);
}
