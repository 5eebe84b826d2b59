using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>A choice with its kernels loaded.</summary>
/// <param name="Choice">Which kernels.</param>
/// <param name="First">First product.</param>
/// <param name="Second">Second product.</param>
internal sealed record TritonKernels(TritonChoice Choice, CudaKernel First, CudaKernel Second);
