using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Small steps over live rows on a GPU.</summary>
internal sealed class CudaElementwise(CudaLauncher launcher)
{
    private const int ThreadVector = 8;
    private const int BlocksPerProcessor = 8;

    /// <summary><c>output = input</c>, rounded when the types differ; live rows only.</summary>
    public void Convert(TensorView input, TensorView output, TensorView validTokens, IComputeStream stream)
    {
        TensorCheck.Require(input.Elements == output.Elements, "output", $"of {input.Elements} elements", output);
        var args = new ConvertArgs
        {
            input = CudaTensors.Activation(input, "input"),
            output = CudaTensors.Activation(output, "output"),
            valid_tokens = CudaTensors.Optional(validTokens, DType.Int32, "valid tokens"),
            rows = (int)output.Shape[0],
            columns = (int)output.Shape[1],
            input_dtype = (int)input.DType,
            output_dtype = (int)output.DType,
        };
        Launch("sm80_any_elementwise_convert", args, args.rows, args.columns, stream);
    }

    /// <summary><c>target += addend</c>, added in float32 and rounded once; live rows only.</summary>
    public void Accumulate(TensorView target, TensorView addend, TensorView validTokens, IComputeStream stream)
    {
        LayerOpsRules.CheckAccumulation(target, addend, validTokens);
        var args = new AccumulateArgs
        {
            target = CudaTensors.Activation(target, "target"),
            addend = CudaTensors.Activation(addend, "addend"),
            valid_tokens = CudaTensors.Optional(validTokens, DType.Int32, "valid tokens"),
            rows = (int)target.Shape[0],
            columns = (int)target.Shape[1],
            dtype = (int)target.DType,
        };
        Launch("sm80_any_elementwise_accumulate", args, args.rows, args.columns, stream);
    }

    /// <summary>Adds what identity experts give; live rows only.</summary>
    public void AddIdentity(in IdentityCall call, IComputeStream stream)
    {
        LayerOpsRules.CheckIdentity(call);
        var args = new IdentityArgs
        {
            target = CudaTensors.Activation(call.Target, "target"),
            hidden = CudaTensors.Activation(call.HiddenStates, "hidden states"),
            ids = CudaTensors.Ids(call.TopKIds),
            weights = CudaTensors.Dense(call.TopKWeights, DType.Float32, "top-k weights"),
            valid_tokens = CudaTensors.Optional(call.ValidTokens, DType.Int32, "valid tokens"),
            rows = (int)call.Target.Shape[0],
            columns = (int)call.Target.Shape[1],
            slots = (int)call.TopKIds.Shape[1],
            first = call.First,
            count = call.Count,
            id_bytes = call.TopKIds.DType == DType.Int64 ? sizeof(long) : sizeof(int),
            dtype = (int)call.Target.DType,
        };
        Launch("sm80_any_elementwise_identity", args, args.rows, args.columns, stream);
    }

    /// <summary><c>output[m] = input[m]·weights[m]</c> in float32, rounded once; live rows only.</summary>
    public void ScaleRows(TensorView input, TensorView weights, nint output, TensorView validTokens, IComputeStream stream)
    {
        TensorCheck.Require(weights.Elements == input.Shape[0], "top-k weights", $"float32 [{input.Shape[0]}, 1]", weights);
        var args = new ScaleRowsArgs
        {
            input = CudaTensors.Activation(input, "hidden states"),
            weights = CudaTensors.Dense(weights, DType.Float32, "top-k weights"),
            output = output,
            valid_tokens = CudaTensors.Optional(validTokens, DType.Int32, "valid tokens"),
            rows = (int)input.Shape[0],
            columns = (int)input.Shape[1],
            dtype = (int)input.DType,
        };
        Launch("sm80_any_elementwise_scale_rows", args, args.rows, args.columns, stream);
    }

    /// <summary>Packs <c>[M, k]</c> ids and weights: <c>id &lt;&lt; 16 | bfloat16 bits of the weight</c>.</summary>
    public void PackTopK(TensorView ids, TensorView weights, TensorView packed, IComputeStream stream)
    {
        TensorCheck.Require(ids.Shape == weights.Shape, "top-k weights", $"float32 {ids.Shape}", weights);
        TensorCheck.Require(ids.Shape == packed.Shape, "packed top-k", $"int32 {ids.Shape}", packed);
        var args = new PackTopKArgs
        {
            ids = CudaTensors.Dense(ids, DType.Int32, "top-k ids"),
            weights = CudaTensors.Dense(weights, DType.Float32, "top-k weights"),
            packed = CudaTensors.Dense(packed, DType.Int32, "packed top-k"),
            pairs = checked((int)ids.Elements),
        };
        var kernel = launcher.Kernel("sm80_any_elementwise_pack_top_k", stream);
        var grid = (args.pairs + kernel.Entry.Threads - 1) / kernel.Entry.Threads;
        launcher.Launch(kernel, args, new KernelLaunch(grid), stream);
    }

    private void Launch<TArgs>(string key, in TArgs args, int rows, int columns, IComputeStream stream)
        where TArgs : unmanaged
    {
        var kernel = launcher.Kernel(key, stream);
        var vectors = (long)rows * ((columns + ThreadVector - 1) / ThreadVector);
        var blocks = (vectors + kernel.Entry.Threads - 1) / kernel.Entry.Threads;
        launcher.Launch(kernel, args, new KernelLaunch(CudaLauncher.Spread(blocks, BlocksPerProcessor, stream)), stream);
    }
}
