using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Loads a layer's kernels of few tokens and launches them.</summary>
internal sealed class DecodeLauncher
{
    private readonly CutlassLayer _layer;
    private readonly CudaKernel _first;
    private readonly CudaKernel _second;
    private readonly DecodeMemory _memory;
    private readonly int _processors;
    private readonly KernelLaunch _launch;
    private ExpertWeights? _weights;
    private DecodeArgs _firstArgs;
    private DecodeArgs _secondArgs;

    /// <summary>Loads both products' kernels, so that no call loads one.</summary>
    public DecodeLauncher(KernelLibrary library, CutlassLayer layer, IComputeDevice device, bool isProgrammatic)
    {
        _layer = layer;
        _first = library.Get(CutlassImages.DecodeKey(layer.DType, layer.Epilogue), device);
        _second = library.Get(CutlassImages.DecodeDownKey(layer.DType), device);
        _memory = DecodeMemory.From(_first.Entry);
        _processors = device.Traits.Processors;
        _launch = new KernelLaunch(_processors) { IsProgrammatic = isProgrammatic };
    }

    /// <summary>Takes the layer's weights, unless they are the bound ones.</summary>
    public void Bind(ExpertWeights weights)
    {
        if (ReferenceEquals(weights, _weights))
        {
            return;
        }

        var halves = _layer.Epilogue == CutlassEpilogue.Plain ? 1 : 2;
        _firstArgs = DecodeProduct.Bind(_layer, weights.W13, weights.W13Bias, halves);
        _secondArgs = DecodeProduct.Bind(_layer, weights.W2, weights.W2Bias, 1);
        _weights = weights;
    }

    /// <summary>Enqueues hidden states times W13 into <paramref name="output"/>, one row a pair.</summary>
    public void First(in ExpertsCall call, nint output, IComputeStream stream)
    {
        var args = _firstArgs;
        (args.rows, args.output, args.pairs_per_row) = (call.HiddenStates.Pointer, output, args.top_k);
        var plan = DecodeHeuristic.First(_memory, (int)call.HiddenStates.Shape[0], call.HiddenStates.Bytes);
        Launch(_first, args, plan, call, stream);
    }

    /// <summary>
    /// Enqueues <paramref name="rows"/>, one a pair, times W2, weighted and summed over slots into the call's output.
    /// </summary>
    public void Second(in ExpertsCall call, nint rows, IComputeStream stream)
    {
        var args = _secondArgs;
        (args.rows, args.output, args.pairs_per_row) = (rows, call.Output.Pointer, 1);
        args.topk_weights = call.RouterWeightOnInput ? 0 : call.TopKWeights.Pointer;
        var pairs = (int)call.HiddenStates.Shape[0] * _layer.Shape.TopK;
        var plan = DecodeHeuristic.Second(_memory, pairs, _layer.Shape.Hidden, _processors);
        args.result_units = (uint)plan.ResultUnits;
        Launch(_second, args, plan, call, stream);
    }

    private void Launch(CudaKernel kernel, DecodeArgs args, DecodePlan plan, in ExpertsCall call, IComputeStream stream)
    {
        var tokens = (uint)call.HiddenStates.Shape[0];
        args.ids = call.TopKIds.Pointer;
        args.expert_map = call.ExpertMap.Pointer;
        args.valid_tokens = call.ValidTokens.Pointer;
        args.num_pairs = tokens * args.top_k;
        args.num_stages = (uint)plan.Stages;
        args.shared_rows = plan.KeepsRows ? tokens : 0;
        var launch = _launch with { GridX = _processors * plan.BlocksPerProcessor, SharedBytes = plan.SharedBytes };
        kernel.Launch(args, launch, stream);
    }
}
