namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUjit_option, the ones that are passed.
internal enum CUjit_option
{
    CU_JIT_ERROR_LOG_BUFFER = 5,
    CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
}
