namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Prepare/finalize of one rank that logs its steps.</summary>
internal sealed class FakeScheme : IPrepareAndFinalize
{
    private readonly FakeSchemeDescriptor _descriptor;
    private readonly CallLog _log;
    private readonly FakeReceiver[] _receivers;

    public FakeScheme(FakeSchemeDescriptor descriptor, CallLog log)
    {
        (_descriptor, _log) = (descriptor, log);
        _receivers = [new FakeReceiver(log), new FakeReceiver(log)];
    }

    public IPrepareAndFinalizeDescriptor Descriptor => _descriptor;

    public ActivationFormat ActivationFormat => _descriptor.ActivationFormat;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => _descriptor.MaxTokensPerRank;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => _descriptor.OutputIsReduced;

    public bool SupportsAsync => _descriptor.IsAsync;

    public bool SupportsDeferredFinalize => _descriptor.CanDefer;

    public IExpertsBase? Composed { get; private set; }

    public TensorView FinalizedIds { get; private set; }

    public TensorView FinalizedExpertOutput { get; private set; }

    public int MaxDispatchedTokens(int tokens) => tokens;

    public long ScratchBytes(int tokens) => tokens * 64L;

    public void OnComposed(IExpertsBase experts) => Composed = experts;

    public PreparedInputs Prepare(in PrepareCall call, IComputeStream stream)
    {
        _log.Add("prepare");
        return Dispatch(call);
    }

    public IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream)
    {
        _log.Add(call.Lane == 0 ? "begin prepare 0" : "begin prepare 1");
        return _receivers[call.Lane].Prepare(Dispatch(call), call.Lane);
    }

    public void Finalize(in FinalizeCall call, IComputeStream stream)
    {
        _log.Add("finalize");
        Combine(call);
    }

    public IFinalizeReceiver BeginFinalize(in FinalizeCall call, IComputeStream stream)
    {
        _log.Add(call.Lane == 0 ? "begin finalize 0" : "begin finalize 1");
        return _receivers[call.Lane].Finalize(this, call);
    }

    public void Dispose()
    {
    }

    public void Combine(in FinalizeCall call)
    {
        (FinalizedIds, FinalizedExpertOutput) = (call.TopKIds, call.ExpertOutput);
        if (call.ExpertOutput.Shape[0] == 0)
        {
            call.Output.AsSpan<float>().Clear();
        }
        else if (call.WeightAndReduce.Kind == WeightAndReduceKind.Contiguous)
        {
            Sum(call);
        }
        else if (call.ExpertOutput.Pointer != call.Output.Pointer)
        {
            call.ExpertOutput.AsSpan<float>().CopyTo(call.Output.AsSpan<float>());
        }
    }

    private static void Sum(in FinalizeCall call)
    {
        var (k, hidden) = ((int)call.TopKIds.Shape[1], (int)call.Output.Shape[1]);
        var output = call.Output.AsSpan<float>();
        var slots = call.ExpertOutput.AsSpan<float>();
        for (var i = 0; i < output.Length; i++)
        {
            output[i] = 0;
            for (var j = 0; j < k; j++)
            {
                var pair = (i / hidden * k) + j;
                output[i] += call.TopKWeights.AsSpan<float>()[pair] * slots[(pair * hidden) + (i % hidden)];
            }
        }
    }

    private PreparedInputs Dispatch(in PrepareCall call)
    {
        var input = _descriptor.DropsEverything ? call.HiddenStates.Slice(0, 0, 0) : call.HiddenStates;
        if (!_descriptor.Dispatches)
        {
            return new PreparedInputs { Activations = input };
        }

        var pairs = (int)call.TopKIds.Elements;
        var ids = call.Scratch.Reinterpret(DType.Int32, call.TopKIds.Shape);
        var weights = call.Scratch.Slice(0, pairs * 4, pairs * 4).Reinterpret(DType.Float32, call.TopKWeights.Shape);
        var k = (int)call.TopKIds.Shape[1];
        for (var p = 0; p < pairs; p++)
        {
            var mirrored = (p / k * k) + (k - 1 - (p % k));
            ids.AsSpan<int>()[p] = call.TopKIds.AsSpan<int>()[mirrored];
            weights.AsSpan<float>()[p] = call.TopKWeights.AsSpan<float>()[mirrored];
        }

        return new PreparedInputs { Activations = input, TopKIds = ids, TopKWeights = weights };
    }
}
