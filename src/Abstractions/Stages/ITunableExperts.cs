namespace FusedMoe;

/// <summary>
/// Implemented by an experts descriptor whose backend can run a call in more than one configuration (a tile shape, a split).
/// <c>fusedmoe tune</c> times each one; a measured table then names it in <see cref="ExpertsCall.Configuration"/>.
/// </summary>
public interface ITunableExperts
{
    /// <summary>
    /// Names of the configurations that are legal for calls of <paramref name="tokens"/> rows, best guess first. Stable from
    /// version to version as long as the kernel image exists.
    /// </summary>
    IReadOnlyList<string> Configurations(MoeLayerSpec layer, int tokens);
}
