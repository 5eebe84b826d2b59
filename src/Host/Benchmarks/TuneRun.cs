using FusedMoe.Runtime;

namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// Times every backend that can run a shape, in every configuration it names, and keeps each backend's fastest a token
/// count. A kernel is built once a configuration; a configuration that is clearly slower is given up after a few calls.
/// </summary>
internal sealed class TuneRun(LayerBenchmark benchmark, BenchSettings settings, Action<string> report)
{
    private const double GiveUpFactor = 1.2;
    private readonly Dictionary<(int Tokens, string Experts), TuningEntry> _best = [];
    private readonly List<string> _wrong = [];

    /// <summary>Configurations whose results were wrong, with their errors; they are in no table.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    /// <summary>One entry a token count and backend, ascending.</summary>
    public IReadOnlyList<TuningEntry> Measure(IReadOnlyList<MoeKernelPlan> plans, int[] tokens, CancellationToken stop)
    {
        var cases = tokens.Order().SelectMany(
            count => plans.SelectMany(p => Candidates(p, count)).Select(p => (Plan: p, Tokens: count)));
        foreach (var configuration in cases.ToArray().GroupBy(c => Choice(c.Plan)))
        {
            using var kernel = benchmark.Build(configuration.First().Plan);
            foreach (var (_, count) in configuration)
            {
                report($"tune: {configuration.Key.Experts.Name} {configuration.Key.Configuration}, {count} tokens");
                Keep(configuration.Key, kernel, count, stop);
            }
        }

        return Entries();
    }

    private void Keep(ExpertsChoice choice, IMoeKernel kernel, int tokens, CancellationToken stop)
    {
        var key = (tokens, choice.Experts.Name);
        var known = _best.TryGetValue(key, out var entry) ? entry.Microseconds : double.PositiveInfinity;
        var cell = benchmark.Measure(kernel, tokens, settings with { GiveUpAbove = GiveUpFactor * known }, stop);
        if (!(cell.RelativeError <= BenchReference.ErrorLimit))
        {
            _wrong.Add(FormattableString.Invariant(
                $"{choice.Experts.Name} {choice.Configuration}, {tokens} tokens: error {cell.RelativeError:0.0000}"));
        }
        else if (cell.Microseconds < known)
        {
            _best[key] = new TuningEntry(tokens, choice.Experts.Name, Math.Round(cell.Microseconds, 2), choice.Configuration);
        }
    }

    private TuningEntry[] Entries() =>
        [.. _best.Values.OrderBy(e => e.MaxTokens).ThenBy(e => e.Microseconds)];

    private static ExpertsChoice Choice(MoeKernelPlan plan) => plan.Chain!.Experts[^1];

    private static IEnumerable<MoeKernelPlan> Candidates(MoeKernelPlan plan, int tokens)
    {
        var chain = plan.Chain!;
        var experts = Choice(plan).Experts;
        var configurations = experts is ITunableExperts tunable
            ? tunable.Configurations(plan.Deployment.Device, plan.Layer, tokens)
            : [];
        return configurations.DefaultIfEmpty().Select(name => plan with
        {
            Chain = chain with { Experts = [new ExpertsChoice(experts, int.MaxValue, name)] },
        });
    }
}
