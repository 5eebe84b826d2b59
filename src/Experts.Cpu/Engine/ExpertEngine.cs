using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <summary>
/// The core that all fast CPU experts share: both grouped products and the activation between, over rows grouped by
/// expert. Workers take (expert, column tile) items; each result is computed by one item in a fixed order, so bits
/// depend neither on the number of threads nor on the other rows. One object serves one layer; it allocates only when
/// it is made.
/// </summary>
internal sealed unsafe partial class ExpertEngine : IDisposable
{
    private const int ChunksPerWorker = 16;
    private const int LargestGrain = 4;

    private readonly MoeLayerSpec _layer;
    private readonly int _experts;
    private readonly DotKernel _kernel;
    private readonly WorkerPool _pool;
    private readonly WorkerScratch[] _scratch;
    private readonly TilePlan _plan;
    private readonly ActivationKernel _activation;
    private readonly ActivationRoundTrip? _roundTrip;
    private readonly bool _decodes;

    private WeightMatrix _first;
    private WeightMatrix _second;
    private RowGroups _groups;
    private HiddenDecoder _hidden;
    private byte* _input;
    private nint _inputStride;
    private byte* _middle;
    private float* _products;
    private float* _amax;
    private float* _pairWeights;
    private TensorView _output;
    private float _secondInputScale;
    private bool _sharesAmaxPerExpert;

    /// <summary>An engine for one layer on one device.</summary>
    /// <param name="context">Layer, device, local experts.</param>
    /// <param name="kernels">Dot-product kernels of this process.</param>
    public ExpertEngine(StageContext context, DotKernels kernels)
    {
        _layer = context.Layer;
        _experts = context.LocalExperts;
        _kernel = kernels.For(context.Layer);
        _decodes = _kernel.Operand == DType.Float32;
        _plan = new TilePlan(context.Layer, _decodes);
        _pool = WorkerPool.Of(context.Device);
        _activation = new ActivationKernel(context.Layer.Activation);
        _roundTrip = context.Layer.Quant.Activation is { } key ? new ActivationRoundTrip(key) : null;
        _scratch = new WorkerScratch[_pool.WorkerCount];
        for (var i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = new WorkerScratch(_plan);
        }
    }

    /// <summary>
    /// Bytes of workspace13 for <paramref name="rows"/> input rows: their float32 copy, dead before the output is
    /// written.
    /// </summary>
    public long InputBytes(long rows) => _decodes ? rows * _plan.HiddenPadded * sizeof(float) : 0;

    /// <summary>The layout of workspace2 for <paramref name="rows"/> grouped rows.</summary>
    public EngineLayout Layout(long rows, bool sumsOverK, bool routes) => EngineLayout.For(
        _experts, rows, MiddleStride, sumsOverK ? _layer.Shape.Hidden : 0, routes);

    /// <summary>Runs standard experts: groups pairs, multiplies, weights and sums over k into the output.</summary>
    public void RunStandard(in StandardRun run)
    {
        var rows = (long)run.HiddenStates.Shape[0] * run.TopK;
        Bind(run.Weights, run.HiddenStates, run.HiddenScales, run.Workspace2, Layout(rows, true, run.Routes));
        _output = run.Output;
        _pairWeights = run.RouterWeightOnInput ? null : (float*)run.TopKWeights;
        _sharesAmaxPerExpert = false;
        var routes = new PairRoutes(run.TopKIds, run.ExpertMap, run.GlobalExperts, _experts);
        _groups.GroupPairs(routes, run.Tokens, run.TopK, _experts);
        PrepareInput(run.Workspace13, run.HiddenStates.Shape[0], run.Tokens, isGrouped: false);
        RunProducts();
        var sum = new SumBody(this, run);
        _pool.ParallelFor(run.Tokens, ref sum);
    }

    /// <summary>Runs batched experts: each block's live rows, no weights, dead rows zeroed.</summary>
    public void RunBatched(in ExpertsCall call)
    {
        var capacity = (int)call.HiddenStates.Shape[1];
        var layout = Layout((long)_experts * capacity, sumsOverK: false, routes: false);
        Bind(call.Weights.Weights, call.HiddenStates, call.HiddenScales, call.Workspace2, layout);
        _output = call.Output;
        _products = null;
        _pairWeights = null;
        _sharesAmaxPerExpert = true;
        _groups.GroupBlocks((int*)call.ExpertTokens.Counts.Pointer, capacity, _experts);
        PrepareInput(call.Workspace13, (long)_experts * capacity, _groups.Rows, isGrouped: true);
        RunProducts();
        var clear = new ClearBody(this, capacity);
        _pool.ParallelFor(_experts, ref clear);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var scratch in _scratch)
        {
            scratch.Dispose();
        }
    }

    private nint MiddleStride => _decodes
        ? _plan.IntermediatePadded * sizeof(float)
        : _layer.Shape.Intermediate * sizeof(ushort);

    private void Bind(
        ExpertWeights weights, TensorView hidden, TensorView scales, TensorView workspace2, in EngineLayout layout)
    {
        var workspace = (byte*)workspace2.Pointer;
        _first = WeightMatrix.First(weights, _layer.Quant.Weight);
        _second = WeightMatrix.Second(weights, _layer.Quant.Weight);
        _hidden = new HiddenDecoder(hidden, scales, _layer.Quant.Activation, weights.A13Scale);
        _groups = RowGroups.At(workspace, layout);
        _middle = workspace + layout.Middle;
        _products = (float*)(workspace + layout.Products);
        _amax = (float*)(workspace + layout.Amax);
        _secondInputScale = LiveRows.StaticScale(weights.A2Scale);
        if (!_decodes)
        {
            _input = (byte*)hidden.Pointer;
            _inputStride = (nint)(hidden.Shape.Rank == 2 ? hidden.Strides[0] : hidden.Strides[1]) * sizeof(ushort);
        }
    }

    private void PrepareInput(TensorView workspace13, long capacity, int rows, bool isGrouped)
    {
        if (_decodes)
        {
            _input = (byte*)workspace13.Pointer;
            _inputStride = _plan.HiddenPadded * sizeof(float);
            var body = new InputBody(this, isGrouped);
            _pool.ParallelFor(rows, ref body);
        }
    }

    private void RunProducts()
    {
        var first = new FirstProductBody(this);
        var items = _groups.ActiveCount * Tiles(_layer.Shape.Intermediate, _plan.FirstColumns);
        _pool.ParallelForDynamic(items, Grain(items), ref first);
        if (_roundTrip is not null)
        {
            QuantizeMiddle();
        }

        var second = new SecondProductBody(this);
        items = _groups.ActiveCount * Tiles(_layer.Shape.Hidden, _plan.SecondColumns);
        _pool.ParallelForDynamic(items, Grain(items), ref second);
    }

    private void QuantizeMiddle()
    {
        if (_roundTrip!.NeedsSharedAmax)
        {
            var amax = new AmaxBody(this);
            _pool.ParallelFor(_groups.Rows, ref amax);
            ShareAmax();
        }

        var round = new RoundTripBody(this);
        _pool.ParallelFor(_groups.Rows, ref round);
    }

    // Replaces each row's amax by the largest of its expert (batched: scales are per expert) or of the call.
    private void ShareAmax()
    {
        for (var i = 0; i < (_sharesAmaxPerExpert ? _groups.ActiveCount : 1); i++)
        {
            var begin = _sharesAmaxPerExpert ? _groups.Offsets[_groups.Active[i]] : 0;
            var end = _sharesAmaxPerExpert ? _groups.Offsets[_groups.Active[i] + 1] : _groups.Rows;
            var rows = new Span<float>(_amax + begin, end - begin);
            var largest = ActivationRoundTrip.AmaxFloor;
            foreach (var amax in rows)
            {
                largest = amax > largest ? amax : largest;
            }

            rows.Fill(largest);
        }
    }

    // Neighbouring tiles to one worker, so that it can fetch ahead, but enough chunks that workers end together.
    private int Grain(int items) => Math.Clamp(items / (_pool.WorkerCount * ChunksPerWorker), 1, LargestGrain);

    private static int Tiles(int columns, int width) => (columns + width - 1) / width;
}
