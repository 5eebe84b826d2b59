using FusedMoe.Runtime;

namespace FusedMoe.Host.Benchmarks;

/// <summary>Times every backend that can run a shape, in every configuration it names, and keeps the fastest a token count.</summary>
internal sealed class TuneRun(LayerBenchmark benchmark, BenchSettings settings, Action<string> report)
{
    /// <summary>One entry a token count, ascending; the last one also stands for larger calls.</summary>
    public IReadOnlyList<TuningEntry> Measure(IReadOnlyList<MoeKernelPlan> plans, int[] tokens, CancellationToken stop)
    {
        var entries = new List<TuningEntry>();
        foreach (var count in tokens.Order())
        {
            TuningEntry? best = null;
            foreach (var candidate in plans.SelectMany(p => Candidates(p, count)))
            {
                stop.ThrowIfCancellationRequested();
                var choice = candidate.Chain!.Experts[0];
                report($"tune: {count} tokens, {choice.Experts.Name} {choice.Configuration}");
                using var kernel = benchmark.Build(candidate);
                var microseconds = benchmark.Microseconds(kernel, count, settings, stop);
                if (best is null || microseconds < best.Microseconds)
                {
                    best = new TuningEntry(count, choice.Experts.Name, Math.Round(microseconds, 2), choice.Configuration);
                }
            }

            if (best is not null)
            {
                entries.Add(best);
            }
        }

        if (entries.Count > 0)
        {
            entries[^1] = entries[^1] with { MaxTokens = int.MaxValue };
        }

        return entries;
    }

    private static IEnumerable<MoeKernelPlan> Candidates(MoeKernelPlan plan, int tokens)
    {
        var chain = plan.Chain!;
        var experts = chain.Experts[^1].Experts;
        var configurations = experts is ITunableExperts tunable ? tunable.Configurations(plan.Layer, tokens) : [];
        return configurations.Count == 0
            ? [plan]
            : configurations.Select(c => plan with
            {
                Chain = chain with { Experts = [new ExpertsChoice(experts, int.MaxValue, c)] },
            });
    }
}
