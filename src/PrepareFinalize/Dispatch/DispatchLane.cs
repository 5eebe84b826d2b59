using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// One micro-batch on its way through prepare and finalize: local work and the exchange of counts when a step begins,
/// the journey when its arrival is awaited, the rest when it is received. Schemes fill in the steps; a lane is its own
/// receiver.
/// </summary>
internal abstract unsafe class DispatchLane(DispatchContext context) : IPrepareReceiver, IFinalizeReceiver
{
    private LaneState _state;
    private bool _quantizesRows;
    private bool _quantizesArrived;

    bool IPrepareReceiver.HasArrivalHook => true;

    bool IFinalizeReceiver.HasArrivalHook => true;

    protected DispatchContext Context => context;

    protected PrepareCall Prepared { get; private set; }

    protected FinalizeCall Finalized { get; private set; }

    protected IComputeStream Stream { get; private set; } = null!;

    /// <summary>Live rows of this rank.</summary>
    protected int Tokens { get; private set; }

    /// <summary>Rows this rank sends to each rank.</summary>
    protected int[] Sends { get; } = new int[context.Ranks];

    /// <summary>Rows this rank receives from each rank.</summary>
    protected int[] Receives { get; } = new int[context.Ranks];

    /// <summary>The sum of <see cref="Receives"/>.</summary>
    protected int Arriving { get; private set; }

    /// <summary>Own rows as they travel: weighted and quantized where that is due.</summary>
    protected TensorView Rows { get; private set; }

    /// <summary>Scales that travel with <see cref="Rows"/>.</summary>
    protected TensorView RowScales { get; private set; }

    /// <summary>Type of the combined rows on their way back.</summary>
    protected DType ReturnType { get; private set; }

    /// <summary>Bytes of scratch for up to <paramref name="tokens"/> rows of this rank.</summary>
    public abstract long ScratchBytes(int tokens);

    public void BeginPrepare(in PrepareCall call, IComputeStream stream)
    {
        context.Acquaint();
        Exception? failure = null;
        try
        {
            Require(_state is LaneState.Idle or LaneState.Prepared, "prepare", "start when no step is under way");
            _state = LaneState.Idle;
            Start(call, stream);
        }
        catch (Exception e)
        {
            failure = e;
        }

        context.Exchange("prepare", failure, Sends, Receives);
        Arriving = Receives.Sum();
        _state = LaneState.Preparing;
    }

    public void BeginFinalize(in FinalizeCall call, IComputeStream stream)
    {
        Exception? failure = null;
        Span<int> types = stackalloc int[context.Ranks];
        try
        {
            Require(_state == LaneState.Prepared, "finalize", "follow the lane's prepare");
            _state = LaneState.Idle;
            LaneRules.Check(call, Prepared, context);
            (Finalized, Stream) = (call, stream);
            types.Fill(OfferedType() is { } type ? (int)type : -1);
        }
        catch (Exception e)
        {
            failure = e;
        }

        context.Exchange("finalize", failure, types, types);
        ReturnType = CommonType(types);
        PackReturn();
        _state = LaneState.Finalizing;
    }

    void IPrepareReceiver.WaitArrival()
    {
        if (_state == LaneState.Preparing)
        {
            _state = LaneState.Idle;
            Travel();
            _state = LaneState.Arrived;
        }
    }

    PreparedInputs IPrepareReceiver.Receive()
    {
        ((IPrepareReceiver)this).WaitArrival();
        Require(_state == LaneState.Arrived, "prepare", "be received once after it began");
        var inputs = Deliver();
        _state = LaneState.Prepared;
        return inputs;
    }

    void IFinalizeReceiver.WaitArrival()
    {
        if (_state == LaneState.Finalizing)
        {
            _state = LaneState.Idle;
            TravelBack();
            _state = LaneState.Returned;
        }
    }

    void IFinalizeReceiver.Receive()
    {
        ((IFinalizeReceiver)this).WaitArrival();
        Require(_state == LaneState.Returned, "finalize", "be received once after it began");
        _state = LaneState.Idle;
        Combine();
    }

    /// <summary>
    /// Cuts the scratch for <see cref="Tokens"/> rows and returns the part for rows before the experts.
    /// </summary>
    protected abstract InputScratch Carve(nint scratch);

    /// <summary>Fills <see cref="Sends"/> and packs what travels.</summary>
    protected abstract void Pack();

    /// <summary>Brings rows to the ranks of their experts.</summary>
    protected abstract void Travel();

    /// <summary>What the experts get.</summary>
    protected abstract PreparedInputs Deliver();

    /// <summary>The type this rank could send its results back in; null when it has none to send.</summary>
    protected abstract DType? OfferedType();

    /// <summary>Lays out results in <see cref="ReturnType"/>.</summary>
    protected abstract void PackReturn();

    /// <summary>Brings results back to the ranks of their tokens.</summary>
    protected abstract void TravelBack();

    /// <summary>Writes the output.</summary>
    protected abstract void Combine();

    /// <summary>Views of the rows that arrived, quantized here when their scale spans rows.</summary>
    protected (TensorView Rows, TensorView Scales) Arrived(in InputScratch scratch)
    {
        var device = Prepared.HiddenStates.Device;
        var shape = new TensorShape(Arriving, context.Hidden);
        var rows = TensorView.Contiguous(scratch.Arrived, Rows.DType, shape, device);
        if (_quantizesArrived)
        {
            return context.Quantization.Quantize(
                rows, Prepared.StaticScale, scratch.ArrivedQuantized, scratch.ArrivedQuantizedScales, Stream);
        }

        var scales = new TensorShape(Arriving, context.Quantization.ScaleColumns);
        return _quantizesRows
            ? (rows, TensorView.Contiguous(scratch.ArrivedScales, RowScales.DType, scales, device))
            : (rows, TensorView.None);
    }

    private static void Require(bool holds, string step, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"The {step} of a lane must {rule}.");
        }
    }

    private static DType CommonType(ReadOnlySpan<int> types)
    {
        var common = -1;
        foreach (var type in types)
        {
            if (common >= 0 && type >= 0 && type != common)
            {
                return DType.Float32;
            }

            common = Math.Max(common, type);
        }

        return common < 0 ? DType.Float32 : (DType)common;
    }

    private void Start(in PrepareCall call, IComputeStream stream)
    {
        Tokens = LaneRules.Check(call, context, ScratchBytes((int)call.HiddenStates.Shape[0]));
        (Prepared, Stream) = (call, stream);
        var due = context.Quantization.IsDue(call);
        _quantizesRows = due && context.Quantization.IsRowWise;
        _quantizesArrived = due && !context.Quantization.IsRowWise;
        var scratch = Carve(call.Scratch.Pointer);
        (Rows, RowScales) = (call.HiddenStates.Slice(0, 0, Tokens), TensorView.None);
        if (call.RouterWeightOnInput)
        {
            Rows = Weight(Rows, scratch.Weighted);
        }

        if (_quantizesRows)
        {
            (Rows, RowScales) = context.Quantization.Quantize(
                Rows, call.StaticScale, scratch.Quantized, scratch.QuantizedScales, stream);
        }

        Pack();
    }

    private TensorView Weight(TensorView rows, nint target)
    {
        var body = new RowScale
        {
            Source = rows.Pointer,
            Target = target,
            DType = rows.DType,
            Columns = context.Hidden,
            Weights = (float*)Prepared.TopKWeights.Pointer,
        };
        context.Pool.ParallelFor(Tokens, ref body);
        return TensorView.Contiguous(target, rows.DType, rows.Shape, rows.Device);
    }
}
