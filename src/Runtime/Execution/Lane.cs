namespace FusedMoe.Runtime;

/// <summary>
/// Buffers of one micro-batch, sized for the deployment's maximum. Two lanes share workspace2: calls of the experts on
/// one stream follow each other, and nothing in workspace2 outlives a call.
/// </summary>
internal sealed record Lane
{
    /// <summary>0 or 1, handed to prepare/finalize.</summary>
    public required int Index { get; init; }

    /// <summary><c>[T, G]</c>; <see cref="TensorView.None"/> when the kernel never projects logits.</summary>
    public required TensorView Logits { get; init; }

    /// <summary><c>[T, k]</c>; <see cref="TensorView.None"/> when the kernel never routes.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>float32 <c>[T, k]</c>.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>uint8 scratch of prepare/finalize.</summary>
    public required TensorView Scratch { get; init; }

    /// <summary>uint8 memory of workspace13 and, from the same offset, of the experts' output.</summary>
    public required TensorView Workspace13 { get; init; }

    /// <summary>uint8 memory of workspace2.</summary>
    public required TensorView Workspace2 { get; init; }
}
