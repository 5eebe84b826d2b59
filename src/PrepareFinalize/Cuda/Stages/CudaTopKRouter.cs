using System.Runtime.InteropServices;
using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Routes on a GPU, one warp a token; see <see cref="RouterMath"/> for the arithmetic.</summary>
internal sealed class CudaTopKRouter : IRouter
{
    private const string Simulated = "sm80_f32_simulated_router";
    private const int WarpThreads = 32;

    private readonly CudaLauncher _launcher;
    private readonly RoutingSpec _routing;
    private readonly MoeShape _shape;
    private readonly IDeviceMemory? _zipfEnds;
    private readonly string _key;

    public CudaTopKRouter(IRouterDescriptor descriptor, CudaLauncher launcher, StageContext context)
    {
        (Descriptor, _launcher) = (descriptor, launcher);
        (_routing, _shape) = (context.Layer.Routing, context.Layer.Shape);
        _key = KeyOf(_routing, _shape.Experts);
        if (_routing.Method == RoutingMethod.Simulated && _routing.Simulation == SimulatedRouting.Zipf)
        {
            _zipfEnds = Upload(SimulatedSelection.Cumulate(_shape.Experts), context.Device);
        }
    }

    public IRouterDescriptor Descriptor { get; }

    /// <summary>The kernel of a routing for a number of experts: the smallest that holds them.</summary>
    public static string KeyOf(RoutingSpec routing, int experts)
    {
        if (routing.Method == RoutingMethod.Simulated)
        {
            return Simulated;
        }

        ReadOnlySpan<int> sizes = routing.SparseMixerJitter is not null ? [32, 1024]
            : routing.HasHashTable ? [1024]
            : [32, 64, 128, 256, 512, 1024];
        var algorithm = routing.SparseMixerJitter is not null ? "sparse_mixer" : routing.HasHashTable ? "lookup" : "select";
        foreach (var size in sizes)
        {
            if (experts <= size)
            {
                return $"sm80_f32_router_{algorithm}_{size}";
            }
        }

        throw new ArgumentOutOfRangeException(
            nameof(experts), experts, $"At most {CudaTopKRouterDescriptor.MaxExperts} experts.");
    }

    public void Route(in RouteCall call, IComputeStream stream)
    {
        var rows = call.TopKIds.Shape.Rank == 2 ? (int)call.TopKIds.Shape[0] : 0;
        var slots = _shape.TopK + _routing.FusedSharedExperts;
        TensorCheck.Require(call.TopKIds.Shape == new TensorShape(rows, slots), "top-k ids", $"[M, {slots}]", call.TopKIds);
        TensorCheck.Require(
            call.TopKWeights.Shape == call.TopKIds.Shape, "top-k weights", $"float32 {call.TopKIds.Shape}", call.TopKWeights);
        TensorCheck.RequireValidTokens(call.ValidTokens);
        if (_routing.Method == RoutingMethod.Simulated)
        {
            Draw(call, rows, stream);
            return;
        }

        var args = Bind(call, rows);
        var kernel = _launcher.Kernel(_key, stream);
        var warps = kernel.Entry.Threads / WarpThreads;
        var launch = new KernelLaunch((rows + warps - 1) / warps) { SharedBytes = warps * _shape.Experts * sizeof(float) };
        _launcher.Launch(kernel, args, launch, stream);
    }

    public void Dispose() => _zipfEnds?.Dispose();

    private static IDeviceMemory Upload(uint[] values, IComputeDevice device)
    {
        var memory = device.Allocate((long)values.Length * sizeof(uint), "shares of simulated routing");
        using var stream = device.CreateStream();
        stream.CopyToDevice(MemoryMarshal.AsBytes<uint>(values), memory.Pointer);
        stream.Synchronize();
        return memory;
    }

    private void Draw(in RouteCall call, int rows, IComputeStream stream)
    {
        var args = new SimulatedRouterArgs
        {
            zipf_ends = _zipfEnds?.Pointer ?? 0,
            valid_tokens = CudaTensors.Optional(call.ValidTokens, DType.Int32, "valid tokens"),
            ids = CudaTensors.Ids(call.TopKIds),
            weights = CudaTensors.Dense(call.TopKWeights, DType.Float32, "top-k weights"),
            rows = rows,
            experts = _shape.Experts,
            top_k = _shape.TopK,
            id_bytes = call.TopKIds.DType == DType.Int64 ? sizeof(long) : sizeof(int),
            shared_experts = _routing.FusedSharedExperts,
            kind = (int)_routing.Simulation,
            seed = (uint)_routing.SimulationSeed,
            shared_weight = _routing.FusedSharedWeight,
        };
        var kernel = _launcher.Kernel(Simulated, stream);
        _launcher.Launch(kernel, args, new KernelLaunch((rows + kernel.Entry.Threads - 1) / kernel.Entry.Threads), stream);
    }

    private RouterArgs Bind(in RouteCall call, int rows)
    {
        var experts = _shape.Experts;
        TensorCheck.Require(
            call.Logits.Shape == new TensorShape(rows, experts), "router logits", $"[{rows}, {experts}]", call.Logits);
        TensorCheck.Require(
            !_routing.HasCorrectionBias || call.CorrectionBias.Shape == new TensorShape(experts),
            "correction bias",
            $"float32 [{experts}]",
            call.CorrectionBias);
        TensorCheck.Require(
            !_routing.HasHashTable || (call.HashTable.Shape.Rank == 2 && call.HashTable.Shape[1] == _shape.TopK),
            "hash table",
            $"int32 [vocabulary, {_shape.TopK}]",
            call.HashTable);
        TensorCheck.Require(
            !_routing.HasHashTable || call.TokenIds.Shape == new TensorShape(rows),
            "token ids",
            $"int32 [{rows}]",
            call.TokenIds);
        return new RouterArgs
        {
            logits = CudaTensors.Activation(call.Logits, "router logits"),
            bias = _routing.HasCorrectionBias ? CudaTensors.Dense(call.CorrectionBias, DType.Float32, "correction bias") : 0,
            table = _routing.HasHashTable ? CudaTensors.Dense(call.HashTable, DType.Int32, "hash table") : 0,
            tokens = _routing.HasHashTable ? CudaTensors.Dense(call.TokenIds, DType.Int32, "token ids") : 0,
            valid_tokens = CudaTensors.Optional(call.ValidTokens, DType.Int32, "valid tokens"),
            ids = CudaTensors.Ids(call.TopKIds),
            weights = CudaTensors.Dense(call.TopKWeights, DType.Float32, "top-k weights"),
            rows = rows,
            experts = experts,
            top_k = _shape.TopK,
            logits_dtype = (int)call.Logits.DType,
            id_bytes = call.TopKIds.DType == DType.Int64 ? sizeof(long) : sizeof(int),
            table_rows = _routing.HasHashTable ? (int)call.HashTable.Shape[0] : 0,
            score = (int)_routing.Score,
            scores_selected_only = _routing.ScoreAfterSelection ? 1 : 0,
            renormalizes = _routing.Renormalize ? 1 : 0,
            groups = _routing.Groups,
            groups_kept = _routing.GroupsKept,
            group_sums_two = _routing.GroupScore == GroupScore.SumOfTopTwo ? 1 : 0,
            shared_experts = _routing.FusedSharedExperts,
            renormalize_floor = _routing.RenormalizeFloor,
            scale = _routing.Scale,
            jitter = _routing.SparseMixerJitter ?? 0f,
            shared_weight = _routing.FusedSharedWeight,
        };
    }
}
