using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Experts.Cpu;

/// <summary>Dot products with AVX2 and FMA: tiles of 2 rows by 4 columns, one accumulator a result.</summary>
internal sealed unsafe class Avx2DotKernel() : TiledDotKernel(tileRows: 2, tileColumns: 4)
{
    /// <inheritdoc/>
    public override string Name => "avx2";

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void WholeTile(byte** rows, byte* w, nint stride, int k, float* c, int ldc)
    {
        var a0 = (float*)rows[0];
        var a1 = (float*)rows[1];
        var w0 = (float*)w;
        var w1 = (float*)(w + stride);
        var w2 = (float*)(w + (2 * stride));
        var w3 = (float*)(w + (3 * stride));
        Vector256<float> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector256<float> s10 = default, s11 = default, s12 = default, s13 = default;
        for (var i = 0; i < k; i += 8)
        {
            var x0 = Vector256.Load(a0 + i);
            var x1 = Vector256.Load(a1 + i);
            var y0 = Vector256.Load(w0 + i);
            s00 = Fma.MultiplyAdd(x0, y0, s00);
            s10 = Fma.MultiplyAdd(x1, y0, s10);
            var y1 = Vector256.Load(w1 + i);
            s01 = Fma.MultiplyAdd(x0, y1, s01);
            s11 = Fma.MultiplyAdd(x1, y1, s11);
            var y2 = Vector256.Load(w2 + i);
            s02 = Fma.MultiplyAdd(x0, y2, s02);
            s12 = Fma.MultiplyAdd(x1, y2, s12);
            var y3 = Vector256.Load(w3 + i);
            s03 = Fma.MultiplyAdd(x0, y3, s03);
            s13 = Fma.MultiplyAdd(x1, y3, s13);
        }

        c[0] = Sum(s00);
        c[1] = Sum(s01);
        c[2] = Sum(s02);
        c[3] = Sum(s03);
        c += ldc;
        c[0] = Sum(s10);
        c[1] = Sum(s11);
        c[2] = Sum(s12);
        c[3] = Sum(s13);
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
        Vector256<float> s00 = default, s01 = default, s02 = default, s03 = default;
        for (var i = 0; i < k; i += 8)
        {
            var x0 = Vector256.Load(a0 + i);
            var y0 = Vector256.Load(w0 + i);
            s00 = Fma.MultiplyAdd(x0, y0, s00);
            var y1 = Vector256.Load(w1 + i);
            s01 = Fma.MultiplyAdd(x0, y1, s01);
            var y2 = Vector256.Load(w2 + i);
            s02 = Fma.MultiplyAdd(x0, y2, s02);
            var y3 = Vector256.Load(w3 + i);
            s03 = Fma.MultiplyAdd(x0, y3, s03);
        }

        c[0] = Sum(s00);
        c[1] = Sum(s01);
        c[2] = Sum(s02);
        c[3] = Sum(s03);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void OneColumn(byte** rows, byte* w, int k, float* c, int ldc)
    {
        var a0 = (float*)rows[0];
        var a1 = (float*)rows[1];
        var w0 = (float*)w;
        Vector256<float> s00 = default;
        Vector256<float> s10 = default;
        for (var i = 0; i < k; i += 8)
        {
            var x0 = Vector256.Load(a0 + i);
            var x1 = Vector256.Load(a1 + i);
            var y0 = Vector256.Load(w0 + i);
            s00 = Fma.MultiplyAdd(x0, y0, s00);
            s10 = Fma.MultiplyAdd(x1, y0, s10);
        }

        c[0] = Sum(s00);
        c += ldc;
        c[0] = Sum(s10);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void One(byte** rows, byte* w, int k, float* c)
    {
        var a0 = (float*)rows[0];
        var w0 = (float*)w;
        Vector256<float> s00 = default;
        for (var i = 0; i < k; i += 8)
        {
            var x0 = Vector256.Load(a0 + i);
            var y0 = Vector256.Load(w0 + i);
            s00 = Fma.MultiplyAdd(x0, y0, s00);
        }

        c[0] = Sum(s00);
    }

    // One tree for every tile shape: halves, pairs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> v)
    {
        var quarter = v.GetLower() + v.GetUpper();
        quarter += Sse.MoveHighToLow(quarter, quarter);
        return quarter[0] + quarter[1];
    }
}
