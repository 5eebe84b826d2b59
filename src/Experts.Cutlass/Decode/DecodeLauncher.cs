using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Loads a layer's kernels of few tokens and launches them: one block a multiprocessor.</summary>
internal sealed class DecodeLauncher
{
    private readonly CutlassLayer _layer;
    private readonly CudaKernel _first;
    private readonly CudaKernel _second;
    private readonly DecodeMemory _memory;
    private readonly KernelLaunch _launch;
    private ExpertWeights? _weights;
    private DecodeArgs _firstArgs;
    private DecodeArgs _secondArgs;

    /// <summary>Loads both products' kernels, so that no call loads one.</summary>
    public DecodeLauncher(KernelLibrary library, CutlassLayer layer, IComputeDevice device, bool isProgrammatic)
    {
        _layer = layer;
        _first = library.Get(CutlassImages.DecodeKey(layer.DType, layer.Epilogue), device);
        _second = library.Get(CutlassImages.DecodeKey(layer.DType, CutlassEpilogue.Plain), device);
        _memory = DecodeMemory.From(_first.Entry);
        _launch = new KernelLaunch(device.Traits.Processors) { IsProgrammatic = isProgrammatic };
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
        _secondArgs.is_second = 1;
        _weights = weights;
    }

    /// <summary>Enqueues hidden states times W13 into <paramref name="output"/>, one row a pair.</summary>
    public void First(in ExpertsCall call, nint output, IComputeStream stream)
    {
        var args = _firstArgs;
        (args.rows, args.output, args.pairs_per_row) = (call.HiddenStates.Pointer, output, args.top_k);
        Launch(_first, args, call, call.HiddenStates.Bytes, stream);
    }

    /// <summary>Enqueues <paramref name="rows"/>, one a pair, times W2 into the call's output.</summary>
    public void Second(in ExpertsCall call, nint rows, IComputeStream stream)
    {
        var args = _secondArgs;
        (args.rows, args.output, args.pairs_per_row) = (rows, call.Output.Pointer, 1);
        Launch(_second, args, call, 0, stream);
    }

    private void Launch(CudaKernel kernel, DecodeArgs args, in ExpertsCall call, long rowBytes, IComputeStream stream)
    {
        var tokens = (uint)call.HiddenStates.Shape[0];
        var plan = DecodeHeuristic.Plan(_memory, (int)tokens, rowBytes);
        args.ids = call.TopKIds.Pointer;
        args.expert_map = call.ExpertMap.Pointer;
        args.valid_tokens = call.ValidTokens.Pointer;
        args.num_pairs = tokens * args.top_k;
        args.num_stages = (uint)plan.Stages;
        args.shared_rows = plan.KeepsRows ? tokens : 0;
        kernel.Launch(args, _launch with { SharedBytes = plan.SharedBytes }, stream);
    }
}
