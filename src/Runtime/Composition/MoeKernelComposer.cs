using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime;

/// <summary>Composes plans from the loaded stages and hands runnable ones to the builder.</summary>
internal sealed partial class MoeKernelComposer : IMoeKernelComposer
{
    private readonly IMoePluginCatalog _catalog;
    private readonly IOptions<FusedMoeOptions> _options;
    private readonly MeasuredTables _tables;
    private readonly MoeKernelBuilder _builder;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, bool> _loggedFallbacks = new(StringComparer.Ordinal);

    /// <summary>Over what is loaded and configured.</summary>
    public MoeKernelComposer(
        IMoePluginCatalog catalog,
        IOptions<FusedMoeOptions> options,
        MeasuredTables tables,
        MoeKernelBuilder builder,
        ILogger<MoeKernelComposer> logger) =>
        (_catalog, _options, _tables, _builder, _logger) = (catalog, options, tables, builder, logger);

    /// <inheritdoc/>
    public MoeKernelPlan Compose(MoeLayerSpec layer, DeploymentSpec deployment, StageSelection? selection = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(deployment);
        var options = _options.Value;
        var problem = RankProblem.From(layer, deployment);
        var plan = new PlanComposition(_catalog, options, _tables, problem, options.Composer.Priority)
            .Compose(StageNames.From(selection, options.Composer));
        plan = plan with { SharedExperts = ComposeShared(layer, deployment, plan, options) };
        Log(plan);
        return plan;
    }

    /// <inheritdoc/>
    public IReadOnlyList<BufferReport> Measure(MoeKernelPlan plan, KernelBuildOptions? options = null) =>
        _builder.Measure(plan, options ?? new KernelBuildOptions());

    /// <inheritdoc/>
    public IMoeKernel Build(MoeKernelPlan plan, MoeLayerWeights weights, KernelBuildOptions? options = null) =>
        _builder.Build(plan, weights, options ?? new KernelBuildOptions());

    private MoeKernelPlan? ComposeShared(
        MoeLayerSpec layer, DeploymentSpec deployment, MoeKernelPlan plan, FusedMoeOptions options)
    {
        if (SharedExpertsLayer.Of(layer) is not { } shared)
        {
            return null;
        }

        // The routed experts' own backend comes first, so that one layer is not spread over two without need.
        var first = plan.Chain?.Experts[0].Experts.Name;
        var configured = options.Composer.Priority;
        var experts = new[] { first }.OfType<string>().Concat(configured.Experts);
        var priority = new PriorityOptions
        {
            Router = configured.Router,
            PrepareAndFinalize = configured.PrepareAndFinalize,
            Experts = [.. experts.Distinct(StringComparer.OrdinalIgnoreCase)],
        };
        var problem = RankProblem.From(shared, SharedExpertsLayer.Deployment(deployment));
        return new PlanComposition(_catalog, options, _tables, problem, priority).Compose(SharedExpertsLayer.Names(layer));
    }

    private void Log(MoeKernelPlan plan)
    {
        if (plan is { Reason: ChoiceReason.Fallback, Chain: not null } && _loggedFallbacks.TryAdd(plan.Because, true))
        {
            LogFallback(_logger, plan.Because);
        }
        else if (plan.Chain is not null && _logger.IsEnabled(LogLevel.Debug))
        {
            LogChosen(_logger, plan.Chain.ToString(), plan.Because);
        }
    }
}
