using System.Reflection;
using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// Finds the driver library once. Imports resolve to the handle found here, so no import runs before Probe said yes.
internal static class DriverLibrary
{
    internal const string Name = "cuda";

    private static readonly Lock Gate = new();
    private static nint _handle;
    private static bool _isProbed;

    /// <summary>The file names sought on this system, in order.</summary>
    internal static IReadOnlyList<string> FileNames { get; } = FileNamesOf(OperatingSystem.IsWindows());

    /// <summary>The file names on Windows or elsewhere.</summary>
    internal static IReadOnlyList<string> FileNamesOf(bool isWindows) =>
        isWindows ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];

    /// <summary>True when a driver library is installed.</summary>
    internal static bool Probe()
    {
        lock (Gate)
        {
            if (!_isProbed)
            {
                _isProbed = true;
                _handle = FileNames.Select(Load).FirstOrDefault(handle => handle != 0);
                NativeLibrary.SetDllImportResolver(typeof(DriverLibrary).Assembly, Resolve);
            }

            return _handle != 0;
        }
    }

    private static nint Load(string fileName) => NativeLibrary.TryLoad(fileName, out var handle) ? handle : 0;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == Name ? _handle : 0;
}
