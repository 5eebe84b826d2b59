namespace FusedMoe;

/// <summary>Brings rows into the order of <see cref="IExpertAlignment"/> and back, on one device kind.</summary>
public interface ITokenPermutation : IDeviceService
{
    /// <summary>
    /// Copies the row of each pair's token to the pair's place; rows of padding become zeros, rows beyond the end stay.
    /// </summary>
    /// <param name="call">Rows, their order and where they go.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">A tensor is missing, or of another shape, type, arrangement or device; names the
    /// tensor, what it must be and what it is. Nothing was enqueued.</exception>
    void Permute(in PermuteCall call, IComputeStream stream);

    /// <summary>
    /// Per token: the sum over its slots, in slot order and float32, of router weight times the pair's row; slots without a
    /// row are skipped, tokens without any get zeros. One rounding to the output type.
    /// </summary>
    /// <param name="call">Rows, their order and where they go.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">A tensor is missing, or of another shape, type, arrangement or device; names the
    /// tensor, what it must be and what it is. Nothing was enqueued.</exception>
    void Unpermute(in UnpermuteCall call, IComputeStream stream);
}
