namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Gate projection and addition in float32.</summary>
internal sealed class FakeLayerOps(CallLog log) : ILayerOps
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public void ProjectLogits(TensorView hidden, TensorView weight, TensorView bias, TensorView logits, IComputeStream stream)
    {
        log.Add("project");
        var (rows, experts, width) = ((int)hidden.Shape[0], (int)weight.Shape[0], (int)weight.Shape[1]);
        for (var i = 0; i < rows * experts; i++)
        {
            var sum = bias.IsNone ? 0 : bias.AsSpan<float>()[i % experts];
            for (var k = 0; k < width; k++)
            {
                sum += hidden.AsSpan<float>()[(i / experts * width) + k] * weight.AsSpan<float>()[(i % experts * width) + k];
            }

            logits.AsSpan<float>()[i] = sum;
        }
    }

    public void Accumulate(TensorView target, TensorView addend, TensorView validTokens, IComputeStream stream)
    {
        log.Add("accumulate");
        var live = validTokens.IsNone ? (int)target.Shape[0] : validTokens.AsSpan<int>()[0];
        var to = target.AsSpan<float>()[..(live * (int)target.Shape[1])];
        var from = addend.AsSpan<float>();
        for (var i = 0; i < to.Length; i++)
        {
            to[i] += from[i];
        }
    }

    public void AddIdentity(in IdentityCall call, IComputeStream stream)
    {
        log.Add("identity");
        var (slots, width) = ((int)call.TopKIds.Shape[1], (int)call.Target.Shape[1]);
        for (var pair = 0; pair < (int)call.TopKIds.Elements; pair++)
        {
            var (id, weight) = (call.TopKIds.AsSpan<int>()[pair], call.TopKWeights.AsSpan<float>()[pair]);
            for (var i = pair / slots * width; id >= call.First && i < ((pair / slots) + 1) * width; i++)
            {
                call.Target.AsSpan<float>()[i] += weight * call.HiddenStates.AsSpan<float>()[i];
            }
        }
    }
}
