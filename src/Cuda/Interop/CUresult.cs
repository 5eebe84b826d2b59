namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUresult, the values that this code decides on; the rest only gets printed.
internal enum CUresult
{
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NO_DEVICE = 100,
    CUDA_ERROR_NOT_READY = 600,
    CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED = 704,
    CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE = 910,
}
