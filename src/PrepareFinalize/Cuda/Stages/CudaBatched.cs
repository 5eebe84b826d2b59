using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Prepare/finalize on one GPU in the batched layout: each local expert has a block of as many rows as the deployment has
/// tokens, filled in token order. A slot that repeats an id of its token shares the row.
/// </summary>
internal sealed class CudaBatched(IPrepareAndFinalizeDescriptor descriptor, CudaLocalParts parts, StageContext context)
    : IPrepareAndFinalize
{
    private const string Scatter = "sm80_any_permutation_scatter";
    private const int BlocksPerProcessor = 16;

    private readonly CudaPrepareStep _prepare = new(context.Layer, parts.Quantizer, parts.Elementwise);
    private bool _expertsQuantize;

    public IPrepareAndFinalizeDescriptor Descriptor => descriptor;

    public ActivationFormat ActivationFormat => ActivationFormat.Batched;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => context.Deployment.MaxTokens;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => false;

    public bool SupportsAsync => false;

    public bool SupportsDeferredFinalize => false;

    public int MaxDispatchedTokens(int tokens) => tokens;

    public long ScratchBytes(int tokens)
    {
        // Blocks of rows that the experts are to quantize are wider than quantized ones.
        var bytes = Scratch(context.Layer.Quant.Activation, tokens).End;
        return _expertsQuantize ? Math.Max(bytes, Scratch(null, tokens).End) : bytes;
    }

    public void OnComposed(IExpertsBase experts) => _expertsQuantize = experts.Descriptor.ExpectsUnquantizedInputs;

    public PreparedInputs Prepare(in PrepareCall call, IComputeStream stream)
    {
        var tokens = (int)call.HiddenStates.Shape[0];
        var key = call.DeferQuantization ? null : call.Quant;
        var scratch = Scratch(key, tokens);
        Check(call, tokens, scratch);
        var rows = _prepare.ApplyWeight(call, stream);
        var (quantized, scales) = _prepare.Quantize(rows, key, call.StaticScale, call.Scratch, call.ValidTokens, stream);
        Align(call, scratch, stream);
        var spreads = scratch.ScaleColumns > 0;
        Expand(call, quantized, spreads ? scales : TensorView.None, scratch, stream);
        var experts = context.LocalExperts;
        var (device, start) = (quantized.Device, call.Scratch.Pointer);
        var counts = TensorView.Contiguous(start + (nint)scratch.Counts, DType.Int32, new TensorShape(experts), device);
        var blocks = new TensorShape(experts, context.Deployment.MaxTokens, context.Layer.Shape.Hidden);
        var blockScales = new TensorShape(experts, context.Deployment.MaxTokens, scratch.ScaleColumns);
        return new PreparedInputs
        {
            Activations = TensorView.Contiguous(start + (nint)scratch.Blocks, quantized.DType, blocks, device),
            Scales = spreads
                ? TensorView.Contiguous(start + (nint)scratch.BlockScales, scales.DType, blockScales, device)
                : scales,
            ExpertTokens = new ExpertTokens(counts, TensorView.None),
        };
    }

    public IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream) => throw NotAsync();

    public void Finalize(in FinalizeCall call, IComputeStream stream)
    {
        if (call.WeightAndReduce.Kind is not (WeightAndReduceKind.Delegate or WeightAndReduceKind.Batched))
        {
            throw new ArgumentException(
                $"What batched experts leave must be Delegate or Batched, got {call.WeightAndReduce.Kind}.");
        }

        var (tokens, columns) = ((int)call.Output.Shape[0], call.Output.Shape[1]);
        TensorCheck.Require(
            call.ExpertOutput.Elements == (long)context.LocalExperts * context.Deployment.MaxTokens * columns,
            "experts' output",
            $"[{context.LocalExperts}, {context.Deployment.MaxTokens}, {columns}]",
            call.ExpertOutput);
        RequirePairs(call.TopKIds, call.TopKWeights, tokens);

        // Counts and positions come before everything whose size depends on the quantization.
        var scratch = Scratch(null, tokens);
        TensorCheck.Require(
            call.Scratch.Bytes >= scratch.ChunkCounts,
            "scratch",
            $"what prepare got, at least {scratch.ChunkCounts} bytes",
            call.Scratch);
        var args = CudaReduction.Bind(call.ExpertOutput, call.Output, call.ValidTokens) with
        {
            ids = CudaTensors.Ids(call.TopKIds),
            id_bytes = call.TopKIds.DType == DType.Int64 ? sizeof(long) : sizeof(int),
            positions = call.Scratch.Pointer + (nint)scratch.Positions,
            weights = call.RouterWeightOnInput ? 0 : CudaTensors.Dense(call.TopKWeights, DType.Float32, "top-k weights"),
            top_k = (int)call.TopKIds.Shape[1],
        };
        parts.Reduction.ByPosition(args, stream);
    }

    public IFinalizeReceiver BeginFinalize(in FinalizeCall call, IComputeStream stream) => throw NotAsync();

    public void Dispose()
    {
    }

    private void Check(in PrepareCall call, int tokens, in CudaBatchedScratch scratch)
    {
        var (most, hidden) = (context.Deployment.MaxTokens, context.Layer.Shape.Hidden);
        TensorCheck.Require(
            tokens <= most && call.HiddenStates.Shape[1] == hidden,
            "hidden states",
            $"[0 to {most}, {hidden}]",
            call.HiddenStates);
        RequirePairs(call.TopKIds, call.TopKWeights, tokens);
        TensorCheck.Require(
            call.ExpertMap.IsNone || call.ExpertMap.Elements == call.GlobalExperts,
            "expert map",
            $"int32 [{call.GlobalExperts}]",
            call.ExpertMap);
        TensorCheck.Require(
            call.Scratch.Bytes >= scratch.End, "prepare scratch", $"at least {scratch.End} bytes", call.Scratch);
    }

    private void RequirePairs(TensorView ids, TensorView weights, int tokens)
    {
        var shape = new TensorShape(tokens, context.Layer.Shape.TopK);
        TensorCheck.Require(ids.Shape == shape, "top-k ids", $"{shape}", ids);
        TensorCheck.Require(weights.Shape == shape, "top-k weights", $"float32 {shape}", weights);
    }

    private CudaBatchedScratch Scratch(QuantKey? key, int tokens) =>
        new(context, key, parts.Quantizer, tokens, _prepare.ScratchBytes(tokens));

    private void Align(in PrepareCall call, in CudaBatchedScratch scratch, IComputeStream stream)
    {
        var start = call.Scratch.Pointer;
        var bound = CudaExpertAlignment.Bind(
            call.TopKIds, call.ExpertMap, call.ValidTokens, call.GlobalExperts, context.LocalExperts);
        bound.chunk_counts = start + (nint)scratch.ChunkCounts;
        parts.Alignment.AlignBatched(
            bound, context.Deployment.MaxTokens, start + (nint)scratch.Positions, start + (nint)scratch.Counts, stream);
    }

    private void Expand(
        in PrepareCall call, TensorView rows, TensorView scales, in CudaBatchedScratch scratch, IComputeStream stream)
    {
        var start = call.Scratch.Pointer;
        var args = new ScatterArgs
        {
            input = CudaTensors.Dense(rows, "rows to dispatch"),
            input_scales = scales.IsNone ? 0 : scales.Pointer,
            positions = start + (nint)scratch.Positions,
            output = start + (nint)scratch.Blocks,
            output_scales = start + (nint)scratch.BlockScales,
            row_bytes = rows.DType.BytesFor(rows.Shape[1]),
            scale_bytes = scales.IsNone ? 0 : scales.DType.BytesFor(scratch.ScaleColumns),
            pairs = checked((int)call.TopKIds.Elements),
            top_k = (int)call.TopKIds.Shape[1],
        };
        var grid = CudaLauncher.Spread(args.pairs, BlocksPerProcessor, stream);
        parts.Launcher.Launch(Scatter, args, new KernelLaunch(grid), stream);
    }

    private NotSupportedException NotAsync() =>
        new($"'{descriptor.Name}' has no async forms, since nothing travels; call Prepare and Finalize.");
}
