using System.Diagnostics;
using System.Diagnostics.Metrics;
using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Execution;

[NonParallelizable]
public sealed class KernelTelemetryTests
{
    [Test]
    public void Apply_Listened_CountsCallsTokensAndTime()
    {
        var sums = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == FusedMoeDiagnostics.MeterName)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => sums[i.Name] = sums.GetValueOrDefault(i.Name) + value);
        listener.SetMeasurementEventCallback<double>((i, value, _, _) => sums[i.Name] = sums.GetValueOrDefault(i.Name) + value);
        listener.Start();
        using var setup = new KernelSetup(Layers.Shared(hasGate: false));

        setup.Kernel.Apply(setup.Call(3), setup.Stream);
        setup.Kernel.ApplyInterleaved(setup.Call(1), setup.Call(2), setup.Stream);

        Assert.Multiple(() =>
        {
            Assert.That(
                sums["fusedmoe.kernel.calls"], Is.EqualTo(3), "shared experts are part of a call, not one of their own");
            Assert.That(sums["fusedmoe.kernel.tokens"], Is.EqualTo(6));
            Assert.That(sums["fusedmoe.kernel.duration"], Is.Positive);
        });
    }

    [Test]
    public void Apply_Traced_StartsOneActivityWithTheChain()
    {
        var chains = new List<object?>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == FusedMoeDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => chains.Add(activity.GetTagItem("fusedmoe.chain")),
        };
        ActivitySource.AddActivityListener(listener);
        using var setup = new KernelSetup();

        setup.Kernel.Apply(setup.Call(3), setup.Stream);

        Assert.That(chains, Is.EqualTo(new[] { "topk -> local -> cpu -> local" }));
    }
}
