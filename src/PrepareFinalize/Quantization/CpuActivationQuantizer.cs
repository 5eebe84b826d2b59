using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Quantizes activations on the worker pool: fp8, int8 and fp4 elements; scales per tensor, token, run of columns or
/// block; float32, e8m0, or e4m3 under a second-level scale. The formula is <see cref="QuantScale"/>'s; elements are
/// input / divisor, clamped, rounded to nearest even. NaN elements do not enter the amax and stay NaN where the
/// element type has one.
/// </summary>
internal sealed class CpuActivationQuantizer : IActivationQuantizer
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public Support Supports(QuantKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return IsElement(key.Element) && key.IsSymmetric && (IsStatic(key) || IsDynamic(key))
            ? Support.Yes
            : Support.No(
                RefusalCodes.QuantScheme, "activation quantization",
                "fp8, int8 or fp4, symmetric, with a static scale a tensor or token or a computed one", key.Name);
    }

    public TensorShape ScaleShape(QuantKey key, int rows, int columns)
    {
        ArgumentNullException.ThrowIfNull(key);
        var group = key.Scale.Group;
        return new TensorShape(
            group.Rows < 0 ? 1 : Divide(rows, group.Rows), group.Columns < 0 ? 1 : Divide(columns, group.Columns));
    }

    public unsafe void Quantize(
        TensorView input,
        QuantKey key,
        TensorView staticScale,
        TensorView output,
        TensorView scales,
        IComputeStream stream)
    {
        var workers = CpuTensors.Workers(stream);
        RequireSupported(key);
        var amax = 0;
        var job = Bind(input, key, staticScale, output, scales);
        if (job.Input.Rows == 0)
        {
            return;
        }

        if (IsWhole(key))
        {
            job.TensorAmax = &amax;
            job.IsGathering = true;
            workers.ParallelFor(job.Units, ref job);
            job.IsGathering = false;
            job.TensorDivisor = job.Scale.Store(BitConverter.Int32BitsToSingle(amax), 1f, job.Scales, 0, 0);
        }

        workers.ParallelFor(job.Units, ref job);
    }

    public unsafe void Quantize(in QuantizationCall call, IComputeStream stream)
    {
        var workers = CpuTensors.Workers(stream);
        RequireSupported(call.Key);
        var blocks = QuantizationBlocks.Of(call);
        CheckBlocks(call, blocks);
        if (IsWhole(call.Key))
        {
            QuantizeTogether(call, blocks, workers);
            return;
        }

        for (var block = 0; block < blocks.Count; block++)
        {
            var own = LiveRows(call, blocks, block);
            if (own.Input.Elements > 0)
            {
                Quantize(own.Input, own.Key, own.StaticScale, own.Output, own.Scales, stream);
            }
        }

        // Where no row is live nothing has handed the one given scale on.
        if (call.Key.Scale.IsStatic && call.Key.Scale.Group == GroupShape.PerTensor)
        {
            *(float*)call.Scales.Pointer = *(float*)call.StaticScale.Pointer;
        }
    }

    private void RequireSupported(QuantKey key)
    {
        if (Supports(key).Refusal is { } refusal)
        {
            throw new ArgumentException(refusal.Sentence, nameof(key));
        }
    }

    // All of a call, whose blocks of live rows, if any, are then calls of their own.
    private unsafe void CheckBlocks(in QuantizationCall call, in QuantizationBlocks blocks)
    {
        TensorCheck.Require(call.Input.DType.IsActivation(), "rows to quantize", "float32, bf16 or fp16", call.Input);
        RequireWholeBytes(call.Key, call.Input);
        TensorCheck.Require(
            call.Output.DType == call.Key.Element && call.Output.Shape == call.Input.Shape, "quantized rows",
            $"{call.Key.Element.Name()} {call.Input.Shape}", call.Output);
        var shape = ScaleShape(call.Key, blocks.TotalRows, blocks.Columns);
        TensorCheck.Require(
            call.Scales.DType == call.Key.Scale.DType && call.Scales.Elements == shape.Elements, "scales",
            $"{call.Key.Scale.DType.Name()} {shape}", call.Scales);
        _ = StaticScales(call.Key, call.StaticScale, blocks.TotalRows);
        CpuTensors.RequireDense(call.Input, "rows to quantize");
        CpuTensors.RequireDense(call.Output, "quantized rows");
        CpuTensors.RequireDense(call.Scales, "scales");
        if (!call.LiveRows.IsNone)
        {
            CpuTensors.RequireDense(call.LiveRows, "live rows");
        }
    }

    private static bool IsWhole(QuantKey key) => !key.Scale.IsStatic && key.Scale.Group == GroupShape.PerTensor;

    private static TensorView Flat(TensorView view, in QuantizationBlocks blocks) => view.Shape.Rank == 2
        ? view
        : view.Reshape(new TensorShape(blocks.TotalRows, blocks.Columns));

    private static bool IsElement(DType dtype) =>
        dtype is DType.Float8E4M3 or DType.Float8E5M2 or DType.Int8 or DType.Float4E2M1;

    private static bool IsStatic(QuantKey key) => key.Scale is { IsStatic: true, DType: DType.Float32 }
        && key.SecondScale is null
        && (key.Scale.Group == GroupShape.PerTensor || key.Scale.Group == GroupShape.PerToken);

    private static bool IsDynamic(QuantKey key)
    {
        var isKnownScale = key.Scale.DType switch
        {
            DType.Float32 or DType.Float8E8M0 => key.SecondScale is null,
            DType.Float8E4M3 => key.SecondScale is { DType: DType.Float32 } s && s.Group == GroupShape.PerTensor,
            _ => false,
        };
        return !key.Scale.IsStatic && isKnownScale && key.Scale.Group != GroupShape.PerChannel;
    }

    private static int Divide(int size, int group) => (size + group - 1) / group;

    // One scale for the live rows of all blocks: their largest magnitude is known before any row is encoded.
    private unsafe void QuantizeTogether(in QuantizationCall call, in QuantizationBlocks blocks, WorkerPool workers)
    {
        var (amax, divisor) = (0, 0f);
        for (var pass = 0; pass < 2; pass++)
        {
            for (var block = 0; block < blocks.Count; block++)
            {
                var own = LiveRows(call, blocks, block);
                if (own.Input.Elements > 0)
                {
                    var job = Bind(own.Input, own.Key, own.StaticScale, own.Output, own.Scales);
                    job.TensorAmax = &amax;
                    job.IsGathering = pass == 0;
                    job.TensorDivisor = divisor;
                    workers.ParallelFor(job.Units, ref job);
                }
            }

            if (pass == 0)
            {
                var scales = new TensorRows(call.Scales.Reshape(new TensorShape(1, 1)), "scales");
                divisor = new QuantScale(call.Key).Store(BitConverter.Int32BitsToSingle(amax), 1f, scales, 0, 0);
            }
        }
    }

    /// <summary>The live rows of one block as a call of their own.</summary>
    private unsafe QuantizationCall LiveRows(in QuantizationCall call, in QuantizationBlocks blocks, int block)
    {
        var key = call.Key;
        var live = (int*)call.LiveRows.Pointer;
        var perUnit = (long)Math.Max(call.RowsPerUnit, 1);
        var rows = call.LiveRows.IsNone ? blocks.Rows : (int)Math.Clamp(live[block] * perUnit, 0, blocks.Rows);
        var first = (long)block * blocks.Rows;
        var scales = call.Scales.Reshape(ScaleShape(key, blocks.TotalRows, blocks.Columns));
        var firstScale = key.Scale.Group.Rows > 0 ? first / key.Scale.Group.Rows : 0;
        return new QuantizationCall
        {
            Key = key,
            Input = Flat(call.Input, blocks).Slice(0, first, rows),
            StaticScale = key.Scale.IsStatic && key.Scale.Group == GroupShape.PerToken
                ? call.StaticScale.Reshape(new TensorShape(blocks.TotalRows)).Slice(0, first, rows)
                : call.StaticScale,
            Output = Flat(call.Output, blocks).Slice(0, first, rows),
            Scales = scales.Slice(0, firstScale, ScaleShape(key, rows, blocks.Columns)[0]),
        };
    }

    private unsafe QuantJob Bind(
        TensorView input, QuantKey key, TensorView staticScale, TensorView output, TensorView scales)
    {
        TensorCheck.Require(input.Shape.Rank == 2, "rows to quantize", "[M, K]", input);
        var rows = CpuTensors.Activation(input, "rows to quantize");
        TensorCheck.Require(
            output.Shape == input.Shape && output.DType == key.Element, "quantized rows",
            $"{key.Element.Name()} {input.Shape}", output);
        var shape = ScaleShape(key, rows.Rows, rows.Columns);
        TensorCheck.Require(
            scales.Shape == shape && scales.DType == key.Scale.DType, "scales", $"{key.Scale.DType.Name()} {shape}", scales);
        RequireWholeBytes(key, input);
        var group = key.Scale.Group;
        var given = StaticScales(key, staticScale, rows.Rows);
        return new QuantJob
        {
            Input = rows,
            Output = CpuTensors.Rows(output, "quantized rows"),
            Scales = CpuTensors.Rows(scales, "scales"),
            Scale = new QuantScale(key),
            GroupRows = Math.Max(group.Rows, 1),
            GroupColumns = group.Columns < 0 ? Math.Max(rows.Columns, 1) : group.Columns,
            StaticScale = key.Scale.IsStatic ? given : null,
            StaticStride = group == GroupShape.PerToken ? 1 : 0,
            SecondScale = key.SecondScale is null ? 1f : *given,
        };
    }

    private static void RequireWholeBytes(QuantKey key, TensorView input)
    {
        var isWhole = !key.Element.IsPacked() || input.Shape[-1] % 2 == 0;
        TensorCheck.Require(isWhole, "packed rows", "an even number of columns", input);
    }

    private static unsafe float* StaticScales(QuantKey key, TensorView view, int rows)
    {
        if (!key.Scale.IsStatic && key.SecondScale is null)
        {
            return null;
        }

        var count = key.Scale.IsStatic && key.Scale.Group == GroupShape.PerToken ? rows : 1;
        if (view.DType != DType.Float32 || view.Elements != count)
        {
            throw new ArgumentException($"static scale must be float32 [{count}], got {view}.", nameof(view));
        }

        CpuTensors.RequireDense(view, "static scale");
        return (float*)view.Pointer;
    }
}
