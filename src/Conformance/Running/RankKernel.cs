namespace FusedMoe.Conformance;

/// <summary>One rank's composed kernel with its weights and inputs on the device.</summary>
internal sealed class RankKernel : IDisposable
{
    private readonly CaseScope _scope;
    private readonly LayerRun _run;
    private readonly long _allocatedBefore;

    public RankKernel(CaseScope scope, LayerRun run, int rank, ICommunicator? communicator)
    {
        (_scope, _run, Rank) = (scope, run, rank);
        var context = scope.Context;
        var problem = run.Problem;
        var plan = run.Plan(context, rank);
        RequireRunnable(plan);
        var weights = RankWeights.Of(LayerCheck.Weights(scope, run), run, rank);
        Weights = new DeviceWeights(scope, weights);
        var (start, count) = run.Topology.Rows(rank, problem.Tokens);
        Source = (run.Inputs ?? context.Problems.Inputs(problem)).Rows(start, count);
        Inputs = new DeviceInputs(scope, problem.Layer, Source);
        scope.Stream.Synchronize();
        var options = new KernelBuildOptions { Device = context.Device, Communicator = communicator };
        _allocatedBefore = context.Device.AllocatedBytes;
        Kernel = context.Composer.Build(plan, Weights.Views, options);
        scope.Own(Kernel);
    }

    public int Rank { get; }

    public IMoeKernel Kernel { get; }

    public DeviceWeights Weights { get; }

    /// <summary>The rank's rows on the host.</summary>
    public LayerInputs Source { get; }

    public DeviceInputs Inputs { get; }

    public IComputeStream Stream => _scope.Stream;

    public MoeKernelCall Call => Inputs.Call(_run);

    /// <summary>Device bytes that building and running took since before the build.</summary>
    public long BytesTaken => _scope.Context.Device.AllocatedBytes - _allocatedBefore;

    /// <summary>A second set of inputs and output for the same kernel.</summary>
    public DeviceInputs Upload(LayerInputs inputs) => new(_scope, _run.Problem.Layer, inputs);

    /// <summary>Poisons the output, runs one call and gives the output's bytes.</summary>
    public byte[] Run()
    {
        Inputs.Output.Poison();
        Kernel.Apply(Call, Stream);
        Stream.Synchronize();
        return Inputs.Output.Read();
    }

    /// <summary>As <see cref="Run()"/> on other inputs, which may have fewer or more rows.</summary>
    public byte[] Run(DeviceInputs inputs)
    {
        inputs.Output.Poison();
        Kernel.Apply(inputs.Call(_run), Stream);
        Stream.Synchronize();
        return inputs.Output.Read();
    }

    /// <summary>
    /// Enqueues one call after the other, each with an output of its own, and waits once; gives the outputs' bytes.
    /// </summary>
    public byte[][] RunBackToBack(IReadOnlyList<DeviceInputs> inputs)
    {
        var outputs = inputs.Select(i => _scope.Poisoned(i.Output.View.DType, i.Output.View.Shape)).ToArray();
        Stream.Synchronize();
        for (var i = 0; i < outputs.Length; i++)
        {
            Kernel.Apply(inputs[i].Call(_run) with { Output = outputs[i].View }, Stream);
        }

        Stream.Synchronize();
        return [.. outputs.Select(o => o.Read())];
    }

    /// <summary>
    /// Runs with hidden states and output that start one element behind a boundary; gives the output's bytes.
    /// </summary>
    public byte[] RunBetweenBoundaries()
    {
        var (dtype, shape) = (Inputs.Hidden.View.DType, Inputs.Hidden.View.Shape);
        var step = (int)dtype.BytesFor(1);
        byte[] bytes = [.. new byte[step], .. Inputs.Hidden.Read()];
        var hidden = _scope.Upload(new HostTensor(dtype, new TensorShape(shape.Elements + 1), bytes));
        var output = _scope.Poisoned(dtype, hidden.View.Shape);
        Kernel.Apply(Call with { HiddenStates = Behind(hidden.View), Output = Behind(output.View) }, Stream);
        Stream.Synchronize();
        hidden.RequireUnmodified("hidden states");
        output.RequireGuards("output");
        return output.Read()[step..];

        TensorView Behind(TensorView view) => TensorView.Contiguous(view.Pointer + step, dtype, shape, view.Device);
    }

    public void RequireUnmodified()
    {
        Inputs.RequireUnmodified();
        Weights.RequireUnmodified();
    }

    public void Dispose() => _scope.Dispose();

    private static void RequireRunnable(MoeKernelPlan plan)
    {
        if (!plan.IsRunnable)
        {
            throw new CaseFailedException(
                $"The plan must be runnable on every rank: {new CompositionException(plan).Message}");
        }
    }
}
