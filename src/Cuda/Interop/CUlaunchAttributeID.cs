namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUlaunchAttributeID, the ones that are passed.
internal enum CUlaunchAttributeID
{
    CU_LAUNCH_ATTRIBUTE_COOPERATIVE = 2,
    CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION = 4,
    CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6,
}
