using System.Runtime.CompilerServices;
using FusedMoe.Cuda;

// Every native signature is blittable; nothing is marshalled at run time.
[assembly: DisableRuntimeMarshalling]

[assembly: CudaStartup]
