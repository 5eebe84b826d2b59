using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FusedMoe.Cuda.Tests;

/// <summary>A kernel small enough to be written as PTX: <c>x[i] += value</c> for i below n.</summary>
internal static class AddKernel
{
    public const string Key = "sm80_f32_add";

    private const string Ptx = """
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry sm80_f32_add(.param .u64 x, .param .u32 n, .param .f32 value)
        .maxntid 128, 1, 1
        {
            .reg .pred %outside;
            .reg .b32 %i, %block, %size, %n;
            .reg .f32 %old, %add;
            .reg .b64 %base, %offset;
            ld.param.u64 %base, [x];
            ld.param.u32 %n, [n];
            ld.param.f32 %add, [value];
            mov.u32 %block, %ctaid.x;
            mov.u32 %size, %ntid.x;
            mov.u32 %i, %tid.x;
            mad.lo.s32 %i, %block, %size, %i;
            setp.ge.u32 %outside, %i, %n;
            @%outside ret;
            cvta.to.global.u64 %base, %base;
            mul.wide.u32 %offset, %i, 4;
            add.s64 %base, %base, %offset;
            ld.global.f32 %old, [%base];
            add.f32 %old, %old, %add;
            st.global.f32 [%base], %old;
            ret;
        }
        """;

    /// <summary>The library, with the manifest's size of the second parameter as given.</summary>
    public static KernelLibrary Library(int secondSize = 4)
    {
        var image = Encoding.ASCII.GetBytes(Ptx);
        var manifest = $$"""
            {
              "toolchain": "by hand",
              "kernels": [{
                "key": "{{Key}}", "stem": "{{Key}}", "symbol": "{{Key}}", "threads": 128,
                "parameters": [
                  { "name": "x", "offset": 0, "size": 8 }, { "name": "n", "offset": 8, "size": {{secondSize}} },
                  { "name": "value", "offset": 12, "size": 4 }
                ],
                "sources": [], "sha256": "",
                "images": [{ "arch": "compute_80", "file": "add.ptx",
                  "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(image))}}" }]
              }]
            }
            """;
        return KernelLibrary.FromStreams(
            "Tests", name => new MemoryStream(name == "add.ptx" ? image : Encoding.UTF8.GetBytes(manifest)));
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Args
    {
        public nint x;
        public int n;
        public float value;
    }
}
