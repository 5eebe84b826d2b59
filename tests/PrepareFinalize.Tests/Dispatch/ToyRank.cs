using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>One rank of a case: its stage, tensors and poisoned scratch with guard bytes behind it.</summary>
internal sealed unsafe class ToyRank : IDisposable
{
    private const int GuardBytes = 256;
    private const byte Poison = 0xFF;

    private readonly DispatchCase _case;
    private readonly List<AlignedMemory> _memory = [];
    private readonly CpuDevice _device = new();
    private readonly int[] _map;
    private readonly int _firstToken;
    private readonly int _tokens;

    public ToyRank(DispatchCase layer, ICommunicator? communicator, int rank)
    {
        _case = layer;
        _map = layer.FullMapOf(rank);
        _firstToken = layer.Tokens.Take(rank).Sum();
        _tokens = layer.Tokens[rank];
        Stream = _device.CreateStream();
        Experts = new ToyExperts(layer, _map);
        var parallel = new ParallelSpec(epSize: layer.Ranks, epRank: rank, allToAll: layer.Kind);
        var deployment = new DeploymentSpec
        {
            Device = _device.Traits,
            MaxTokens = DispatchCase.MaxTokens,
            Parallel = parallel,
            ExpertMap = layer.MapOf(rank),
        };
        var context = new StageContext(layer.Layer, deployment, _device, _map.Count(slot => slot >= 0), communicator);
        Stage = Descriptor(layer.Kind).Create(context);
    }

    public IPrepareAndFinalize Stage { get; }

    public IComputeStream Stream { get; }

    public ToyExperts Experts { get; }

    public static IPrepareAndFinalizeDescriptor Descriptor(AllToAllKind kind)
    {
        IActivationQuantizer[] quantizers = [new ToyQuantizer()];
        ITopKWeightAndReduceProvider[] strategies = [new ToyWeightAndReduce(default)];
        return kind switch
        {
            AllToAllKind.AllGather => new AllGatherDescriptor(quantizers, strategies),
            AllToAllKind.AllToAll => new AllToAllDescriptor(quantizers, strategies),
            _ => new BatchedDescriptor(quantizers, strategies),
        };
    }

    /// <summary>The rank's part of the layer: its output rows, NaN where nothing was written.</summary>
    public float[] Run(int lane = 0)
    {
        var call = PrepareCall(lane);
        var output = Output();
        var inputs = _case.Async ? ReceiveWithHook(Stage.BeginPrepare(call, Stream)) : Stage.Prepare(call, Stream);
        Finish(call, inputs, output);
        CheckUntouched(call);
        return Read(output);
    }

    public PrepareCall PrepareCall(int lane, int extraTokens = 0)
    {
        var tokens = _tokens + extraTokens;
        var numbers = Enumerable.Range(_firstToken, tokens).ToArray();
        var hidden = Floats(
            [.. numbers.SelectMany(t => ToyTokens.Hidden(t, _case.Hidden, _case.DType))], _case.DType, _case.Hidden);
        var ids = Allocate(DType.Int32, new TensorShape(tokens, _case.TopK));
        numbers.SelectMany(t => ToyTokens.Ids(t, _case.Experts, _case.TopK)).ToArray().CopyTo(ids.AsSpan<int>());
        var valid = TensorView.None;
        if (_case.ValidTokens is { } live)
        {
            valid = Allocate(DType.Int32, new TensorShape(1));
            valid.AsSpan<int>()[0] = live;
        }

        return new PrepareCall
        {
            HiddenStates = hidden,
            TopKIds = ids,
            TopKWeights = Floats([.. numbers.SelectMany(t => ToyTokens.Weights(t, _case.TopK))], DType.Float32, _case.TopK),
            ExpertMap = ExpertMap(),
            GlobalExperts = _case.Experts,
            RouterWeightOnInput = _case.RouterWeightOnInput,
            Quant = _case.Quant,
            Scratch = Allocate(DType.UInt8, new TensorShape(Stage.ScratchBytes(tokens))),
            ValidTokens = valid,
            Lane = lane,
        };
    }

    public FinalizeCall FinalizeCall(
        in PrepareCall call, in PreparedInputs inputs, TensorView results, TensorView output) => new()
        {
            Output = output,
            ExpertOutput = results,
            TopKIds = inputs.TopKIds.IsNone ? call.TopKIds : inputs.TopKIds,
            TopKWeights = inputs.TopKWeights.IsNone ? call.TopKWeights : inputs.TopKWeights,
            ExpertMap = call.ExpertMap,
            GlobalExperts = call.GlobalExperts,
            RouterWeightOnInput = call.RouterWeightOnInput,
            WeightAndReduce = _case.Format == ActivationFormat.Batched ? WeightAndReduceSpec.Delegate : _case.Leaves,
            Scratch = call.Scratch,
            ValidTokens = call.ValidTokens,
            Lane = call.Lane,
        };

    public TensorView Output() => Allocate(_case.DType, new TensorShape(_tokens, _case.Hidden));

    public static float[] Read(TensorView output)
    {
        var values = new float[output.Elements];
        NumberFormats.ToSingle(output.Pointer, output.DType, 0, values);
        return values;
    }

    public void Dispose()
    {
        Stage.Dispose();
        Experts.Dispose();
        Stream.Dispose();
        _device.Dispose();
        _memory.ForEach(m => m.Dispose());
    }

    private static PreparedInputs ReceiveWithHook(IPrepareReceiver receiver)
    {
        Assert.That(receiver.HasArrivalHook, Is.True);
        receiver.WaitArrival();
        receiver.WaitArrival();
        return receiver.Receive();
    }

    private void Finish(in PrepareCall call, in PreparedInputs inputs, TensorView output)
    {
        var finalize = FinalizeCall(call, inputs, Experts.Apply(inputs), output);
        if (_case.Async)
        {
            var receiver = Stage.BeginFinalize(finalize, Stream);
            receiver.WaitArrival();
            receiver.Receive();
        }
        else
        {
            Stage.Finalize(finalize, Stream);
        }
    }

    private TensorView ExpertMap()
    {
        var map = Allocate(DType.Int32, new TensorShape(_case.Experts));
        _map.CopyTo(map.AsSpan<int>());
        return map;
    }

    private TensorView Floats(float[] values, DType dtype, int columns)
    {
        var tensor = Allocate(dtype, new TensorShape(values.Length / columns, columns));
        NumberFormats.FromSingle(values, dtype, tensor.Pointer, 0);
        return tensor;
    }

    private TensorView Allocate(DType dtype, TensorShape shape)
    {
        var bytes = dtype.BytesFor(shape.Elements);
        var memory = new AlignedMemory(bytes + GuardBytes);
        _memory.Add(memory);
        memory.AsSpan<byte>().Fill(Poison);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, DeviceId.Cpu);
    }

    private void CheckUntouched(in PrepareCall call)
    {
        foreach (var memory in _memory)
        {
            Assert.That(
                memory.AsSpan<byte>()[^GuardBytes..].ContainsAnyExcept(Poison),
                Is.False,
                "Bytes behind a tensor were written.");
        }

        var hidden = Enumerable.Range(_firstToken, _tokens).SelectMany(t => ToyTokens.Hidden(t, _case.Hidden, _case.DType));
        Assert.That(Read(call.HiddenStates), Is.EqualTo(hidden), "Hidden states were written.");
    }
}
