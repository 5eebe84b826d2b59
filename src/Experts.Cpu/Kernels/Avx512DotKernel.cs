using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Experts.Cpu;

/// <summary>Dot products with AVX-512: tiles of 4 rows by 6 columns, one accumulator a result.</summary>
internal sealed unsafe class Avx512DotKernel() : TiledDotKernel(tileRows: 4, tileColumns: 6)
{
    /// <inheritdoc/>
    public override string Name => "avx512";

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void WholeTile(byte** rows, byte* w, nint stride, int k, float* c, int ldc)
    {
        var a0 = (float*)rows[0];
        var a1 = (float*)rows[1];
        var a2 = (float*)rows[2];
        var a3 = (float*)rows[3];
        var w0 = (float*)w;
        var w1 = (float*)(w + stride);
        var w2 = (float*)(w + (2 * stride));
        var w3 = (float*)(w + (3 * stride));
        var w4 = (float*)(w + (4 * stride));
        var w5 = (float*)(w + (5 * stride));
        Vector512<float> s00 = default, s01 = default, s02 = default, s03 = default, s04 = default, s05 = default;
        Vector512<float> s10 = default, s11 = default, s12 = default, s13 = default, s14 = default, s15 = default;
        Vector512<float> s20 = default, s21 = default, s22 = default, s23 = default, s24 = default, s25 = default;
        Vector512<float> s30 = default, s31 = default, s32 = default, s33 = default, s34 = default, s35 = default;
        for (var i = 0; i < k; i += 16)
        {
            var x0 = Vector512.Load(a0 + i);
            var x1 = Vector512.Load(a1 + i);
            var x2 = Vector512.Load(a2 + i);
            var x3 = Vector512.Load(a3 + i);
            var y0 = Vector512.Load(w0 + i);
            s00 = Avx512F.FusedMultiplyAdd(x0, y0, s00);
            s10 = Avx512F.FusedMultiplyAdd(x1, y0, s10);
            s20 = Avx512F.FusedMultiplyAdd(x2, y0, s20);
            s30 = Avx512F.FusedMultiplyAdd(x3, y0, s30);
            var y1 = Vector512.Load(w1 + i);
            s01 = Avx512F.FusedMultiplyAdd(x0, y1, s01);
            s11 = Avx512F.FusedMultiplyAdd(x1, y1, s11);
            s21 = Avx512F.FusedMultiplyAdd(x2, y1, s21);
            s31 = Avx512F.FusedMultiplyAdd(x3, y1, s31);
            var y2 = Vector512.Load(w2 + i);
            s02 = Avx512F.FusedMultiplyAdd(x0, y2, s02);
            s12 = Avx512F.FusedMultiplyAdd(x1, y2, s12);
            s22 = Avx512F.FusedMultiplyAdd(x2, y2, s22);
            s32 = Avx512F.FusedMultiplyAdd(x3, y2, s32);
            var y3 = Vector512.Load(w3 + i);
            s03 = Avx512F.FusedMultiplyAdd(x0, y3, s03);
            s13 = Avx512F.FusedMultiplyAdd(x1, y3, s13);
            s23 = Avx512F.FusedMultiplyAdd(x2, y3, s23);
            s33 = Avx512F.FusedMultiplyAdd(x3, y3, s33);
            var y4 = Vector512.Load(w4 + i);
            s04 = Avx512F.FusedMultiplyAdd(x0, y4, s04);
            s14 = Avx512F.FusedMultiplyAdd(x1, y4, s14);
            s24 = Avx512F.FusedMultiplyAdd(x2, y4, s24);
            s34 = Avx512F.FusedMultiplyAdd(x3, y4, s34);
            var y5 = Vector512.Load(w5 + i);
            s05 = Avx512F.FusedMultiplyAdd(x0, y5, s05);
            s15 = Avx512F.FusedMultiplyAdd(x1, y5, s15);
            s25 = Avx512F.FusedMultiplyAdd(x2, y5, s25);
            s35 = Avx512F.FusedMultiplyAdd(x3, y5, s35);
        }

        c[0] = Sum(s00);
        c[1] = Sum(s01);
        c[2] = Sum(s02);
        c[3] = Sum(s03);
        c[4] = Sum(s04);
        c[5] = Sum(s05);
        c += ldc;
        c[0] = Sum(s10);
        c[1] = Sum(s11);
        c[2] = Sum(s12);
        c[3] = Sum(s13);
        c[4] = Sum(s14);
        c[5] = Sum(s15);
        c += ldc;
        c[0] = Sum(s20);
        c[1] = Sum(s21);
        c[2] = Sum(s22);
        c[3] = Sum(s23);
        c[4] = Sum(s24);
        c[5] = Sum(s25);
        c += ldc;
        c[0] = Sum(s30);
        c[1] = Sum(s31);
        c[2] = Sum(s32);
        c[3] = Sum(s33);
        c[4] = Sum(s34);
        c[5] = Sum(s35);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void OneRow(byte** rows, byte* w, nint stride, int k, float* c)
    {
        var a0 = (float*)rows[0];
        var w0 = (float*)w;
        var w1 = (float*)(w + stride);
        var w2 = (float*)(w + (2 * stride));
        var w3 = (float*)(w + (3 * stride));
        var w4 = (float*)(w + (4 * stride));
        var w5 = (float*)(w + (5 * stride));
        Vector512<float> s00 = default, s01 = default, s02 = default, s03 = default, s04 = default, s05 = default;
        for (var i = 0; i < k; i += 16)
        {
            var x0 = Vector512.Load(a0 + i);
            var y0 = Vector512.Load(w0 + i);
            s00 = Avx512F.FusedMultiplyAdd(x0, y0, s00);
            var y1 = Vector512.Load(w1 + i);
            s01 = Avx512F.FusedMultiplyAdd(x0, y1, s01);
            var y2 = Vector512.Load(w2 + i);
            s02 = Avx512F.FusedMultiplyAdd(x0, y2, s02);
            var y3 = Vector512.Load(w3 + i);
            s03 = Avx512F.FusedMultiplyAdd(x0, y3, s03);
            var y4 = Vector512.Load(w4 + i);
            s04 = Avx512F.FusedMultiplyAdd(x0, y4, s04);
            var y5 = Vector512.Load(w5 + i);
            s05 = Avx512F.FusedMultiplyAdd(x0, y5, s05);
        }

        c[0] = Sum(s00);
        c[1] = Sum(s01);
        c[2] = Sum(s02);
        c[3] = Sum(s03);
        c[4] = Sum(s04);
        c[5] = Sum(s05);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void OneColumn(byte** rows, byte* w, int k, float* c, int ldc)
    {
        var a0 = (float*)rows[0];
        var a1 = (float*)rows[1];
        var a2 = (float*)rows[2];
        var a3 = (float*)rows[3];
        var w0 = (float*)w;
        Vector512<float> s00 = default;
        Vector512<float> s10 = default;
        Vector512<float> s20 = default;
        Vector512<float> s30 = default;
        for (var i = 0; i < k; i += 16)
        {
            var x0 = Vector512.Load(a0 + i);
            var x1 = Vector512.Load(a1 + i);
            var x2 = Vector512.Load(a2 + i);
            var x3 = Vector512.Load(a3 + i);
            var y0 = Vector512.Load(w0 + i);
            s00 = Avx512F.FusedMultiplyAdd(x0, y0, s00);
            s10 = Avx512F.FusedMultiplyAdd(x1, y0, s10);
            s20 = Avx512F.FusedMultiplyAdd(x2, y0, s20);
            s30 = Avx512F.FusedMultiplyAdd(x3, y0, s30);
        }

        c[0] = Sum(s00);
        c += ldc;
        c[0] = Sum(s10);
        c += ldc;
        c[0] = Sum(s20);
        c += ldc;
        c[0] = Sum(s30);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void One(byte** rows, byte* w, int k, float* c)
    {
        var a0 = (float*)rows[0];
        var w0 = (float*)w;
        Vector512<float> s00 = default;
        for (var i = 0; i < k; i += 16)
        {
            var x0 = Vector512.Load(a0 + i);
            var y0 = Vector512.Load(w0 + i);
            s00 = Avx512F.FusedMultiplyAdd(x0, y0, s00);
        }

        c[0] = Sum(s00);
    }

    // One tree for every tile shape: halves, quarters, pairs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector512<float> v)
    {
        var half = v.GetLower() + v.GetUpper();
        var quarter = half.GetLower() + half.GetUpper();
        quarter += Sse.MoveHighToLow(quarter, quarter);
        return quarter[0] + quarter[1];
    }
}
