namespace FusedMoe.Experts.Triton;

/// <summary>
/// The two pointers that Triton adds to every kernel; 0, because none of these kernels wants scratch.
/// </summary>
internal struct TritonScratch
{
    public nint global_scratch;
    public nint profile_scratch;
}
