using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Bits that must not change: between runs, with the number of threads, with the rows beside a row.</summary>
public sealed class CpuExpertsInvarianceTests
{
    private static readonly QuantSpec Fp8 = new(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128);

    private static IEnumerable<(InstructionSet Set, LayerCase Case)> Cases()
    {
        var plain = new LayerCase { Shape = new(6, 2, 200, 104), Tokens = 70 };
        var quantized = new LayerCase { Shape = new(6, 2, 256, 128), Tokens = 70, Features = new() { Quant = Fp8 } };
        return from set in DotKernels.Available() from c in new[] { plain, quantized } select (set, c);
    }

    [TestCaseSource(nameof(Cases))]
    public void Apply_OneTwoAndFiveThreads_GivesTheSameBits((InstructionSet Set, LayerCase Case) test)
    {
        using var call = new TestCall(test.Case);
        float[]? first = null;
        foreach (var threads in new[] { 1, 2, 5 })
        {
            using var pool = new WorkerPool(threads);
            using var device = new CpuDevice(pool);
            using var experts = TestExperts.Cpu(test.Case, test.Set, device);
            var output = call.Run(experts);
            first ??= output;
            Assert.That(output, Is.EqualTo(first), $"{threads} threads, {test.Set}: {test.Case}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Apply_FirstRowsOfALargerBatch_GivesTheSameBits((InstructionSet Set, LayerCase Case) test)
    {
        using var call = new TestCall(test.Case);
        using var experts = TestExperts.Cpu(test.Case, test.Set);
        var whole = call.Run(experts);
        foreach (var tokens in new[] { 1, 2, 3, 5, 31, 69 })
        {
            Assert.That(
                call.Run(experts, tokens), Is.EqualTo(whole[..(tokens * test.Case.Shape.Hidden)]),
                $"{tokens} of {test.Case.Tokens} rows, {test.Set}: {test.Case}");
        }
    }

    [Test]
    public void Apply_AllTokensToOneExpert_GivesTheBitsOfOneToken()
    {
        var c = new LayerCase { Shape = new(6, 1, 200, 104), Tokens = 130 };
        using var call = new TestCall(c);
        using var experts = TestExperts.Cpu(c);
        call.Ids.AsSpan().Fill(3);
        call.RouterWeights.AsSpan().Fill(0.5f);
        for (var i = c.Shape.Hidden; i < call.Values.Length; i++)
        {
            call.Values[i] = call.Values[i % c.Shape.Hidden];
        }

        var output = call.Run(experts);
        for (var token = 1; token < c.Tokens; token++)
        {
            var row = output.AsSpan(token * c.Shape.Hidden, c.Shape.Hidden);
            Assert.That(row.SequenceEqual(output.AsSpan(0, c.Shape.Hidden)), Is.True, $"token {token}");
        }
    }

    [Test]
    [Retry(3)] // The runtime itself may allocate once on a thread; what a call allocates fails every time.
    public void Apply_SecondCall_AllocatesNothing()
    {
        var c = new LayerCase
        {
            Features = new()
            {
                Quant = new(QuantKeys.Fp8StaticTensor,
            QuantKeys.Fp8DynamicToken)
            }
        };
        using var call = new TestCall(c);
        using var scratch = new HostTensors();
        foreach (var experts in new[] { TestExperts.Cpu(c), TestExperts.Reference(c) })
        {
            var run = call.Prepare(experts, scratch, c.Tokens);
            experts.Apply(run.Call, run.Stream);
            var before = GC.GetAllocatedBytesForCurrentThread();
            experts.Apply(run.Call, run.Stream);
            Assert.That(
                GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero,
                $"bytes allocated by {experts.Descriptor.Name}");
            experts.Dispose();
        }
    }
}
