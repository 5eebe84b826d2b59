namespace FusedMoe;

/// <summary>
/// Implemented by an experts descriptor whose backend can run a call in more than one configuration (a tile shape, a split).
/// <c>fusedmoe tune</c> times each one; a measured table then names it in <see cref="ExpertsCall.Configuration"/>.
/// </summary>
public interface ITunableExperts
{
    /// <summary>
    /// Names of the configurations that are legal for calls of <paramref name="tokens"/> rows on <paramref name="device"/>,
    /// best guess first; empty when the backend has none for the layer there. A name whose kernels do not run on that device is
    /// not among them: a call with it would get the backend's own choice. Stable from version to version as long as the kernel
    /// image exists. Pure as every capability query.
    /// </summary>
    /// <param name="device">The device that the calls run on.</param>
    /// <param name="layer">The layer, whole.</param>
    /// <param name="tokens">Rows of a call, at least 1.</param>
    IReadOnlyList<string> Configurations(DeviceTraits device, MoeLayerSpec layer, int tokens);
}
