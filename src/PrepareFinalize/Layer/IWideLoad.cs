using System.Runtime.Intrinsics;

namespace FusedMoe.PrepareFinalize;

/// <summary>Loads sixteen neighbouring elements of one type as float32.</summary>
internal unsafe interface IWideLoad
{
    static abstract int ElementBytes { get; }

    static abstract Vector512<float> Load(byte* source);
}
