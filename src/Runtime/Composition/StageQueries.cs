namespace FusedMoe.Runtime;

/// <summary>Asks a stage every capability query that a problem raises; no query stops another.</summary>
internal static class StageQueries
{
    /// <summary>A query that threw instead of answering; the stage cannot be trusted with the problem.</summary>
    public static readonly RefusalCode QueryThrew = new("query-threw");

    /// <summary>
    /// Every reason of <paramref name="stage"/> against <paramref name="problem"/>; empty when there is none.
    /// </summary>
    public static List<Refusal> Ask(IStageDescriptor stage, RankProblem problem)
    {
        var refusals = new List<Refusal>();
        void Add(string query, Func<Support> ask)
        {
            try
            {
                if (ask().Refusal is { } refusal)
                {
                    refusals.Add(refusal);
                }
            }
            catch (Exception e)
            {
                // Queries promise not to throw; a plugin that breaks the promise is refused, the host goes on.
                refusals.Add(new Refusal(QueryThrew, query, "answered", $"{e.GetType().Name}: {e.Message}"));
            }
        }

        AskDevice(stage, problem, Add, refusals);
        var layer = stage.Kind == StageKind.Router ? problem.RouterLayer : problem.StageLayer;
        AskLayer(stage, layer, problem.Deployment.Device, Add);
        AskRouting(stage, problem.RouterLayer, Add);
        AskIdentities(stage, problem.Layer.Routing.IdentityExperts, Add);
        AskDeployment(stage, problem, Add);
        return refusals;
    }

    private static void AskDevice(
        IStageDescriptor stage, RankProblem problem, Action<string, Func<Support>> add, List<Refusal> refusals)
    {
        var device = problem.Deployment.Device;
        add(nameof(stage.SupportsDevice), () => stage.SupportsDevice(device));
        if (stage.DeviceKind != device.Id.Kind && refusals.Count == 0)
        {
            var (wanted, actual) = (KindName(stage.DeviceKind), KindName(device.Id.Kind));
            refusals.Add(new Refusal(RefusalCodes.DeviceKind, "device kind", wanted, actual, "choose a stage of that kind"));
        }
    }

    private static void AskLayer(
        IStageDescriptor stage, MoeLayerSpec layer, DeviceTraits device, Action<string, Func<Support>> add)
    {
        add(nameof(stage.SupportsActivation), () => stage.SupportsActivation(layer.Activation));
        add(nameof(stage.SupportsQuant), () => stage.SupportsQuant(layer.Quant, layer.ActivationDType, layer.WeightDType));
        if (stage is IDeviceBoundQuant bound)
        {
            add(
                nameof(bound.SupportsQuantOn),
                () => bound.SupportsQuantOn(device, layer.Shape, layer.Quant, layer.ActivationDType, layer.WeightDType));
        }

        add(nameof(stage.SupportsShape), () => stage.SupportsShape(layer.Shape));
        if (!layer.Activation.IsGated)
        {
            add(nameof(stage.SupportsNonGated), stage.SupportsNonGated);
        }

        if (layer.Features.HasExpertBias)
        {
            add(nameof(stage.SupportsBias), stage.SupportsBias);
        }

        if (layer.Features.RouterWeightOnInput)
        {
            add(nameof(stage.SupportsRouterWeightOnInput), stage.SupportsRouterWeightOnInput);
        }
    }

    private static void AskRouting(IStageDescriptor stage, MoeLayerSpec layer, Action<string, Func<Support>> add)
    {
        if (stage is not (IRouterDescriptor or IFusedExpertsDescriptor { IsMonolithic: true }))
        {
            return;
        }

        add(nameof(stage.SupportsRouting), () => stage.SupportsRouting(layer.Routing));
        add(nameof(stage.SupportsRouterLogits), () => stage.SupportsRouterLogits(layer.Features.RouterLogitsDType));
    }

    // What routes inside shows nobody which slots are those of identity experts.
    private static void AskIdentities(IStageDescriptor stage, int identities, Action<string, Func<Support>> add)
    {
        if (identities > 0 && stage is IFusedExpertsDescriptor { IsMonolithic: true })
        {
            add(nameof(stage.SupportsRouting), () => Support.No(
                RefusalCodes.Routing, "identity experts of monolithic experts", "0", $"{identities}",
                "choose modular experts"));
        }
    }

    private static void AskDeployment(IStageDescriptor stage, RankProblem problem, Action<string, Func<Support>> add)
    {
        var deployment = problem.Deployment;
        add(nameof(stage.SupportsParallel), () => stage.SupportsParallel(deployment.Parallel));
        if (problem.ExpertMap is not null)
        {
            add(nameof(stage.SupportsExpertMap), stage.SupportsExpertMap);
        }

        if (deployment.BatchInvariant)
        {
            add(nameof(stage.SupportsBatchInvariance), stage.SupportsBatchInvariance);
            add(nameof(stage.SupportsBatchInvariance), () => RowWiseScales(stage, problem.StageLayer.Quant.Activation));
        }

        if (deployment.Deterministic)
        {
            add(nameof(stage.SupportsDeterminism), stage.SupportsDeterminism);
        }

        if (deployment.GraphCapture)
        {
            add(nameof(stage.SupportsGraphCapture), stage.SupportsGraphCapture);
        }

        if (deployment.Lora is { } lora)
        {
            add(nameof(stage.SupportsLora), () => stage.SupportsLora(lora));
        }
    }

    // No stage can keep this promise: a computed scale over several rows puts every row's bits at their mercy.
    private static Support RowWiseScales(IStageDescriptor stage, QuantKey? activation)
    {
        var spansRows = activation is { Scale: { IsStatic: false, Group.Rows: not 1 } };
        return !spansRows || stage.Kind == StageKind.Router
            ? Support.Yes
            : Support.No(
                RefusalCodes.BatchInvariance,
                "computed activation scale",
                "of one row for batch invariance",
                activation!.Name,
                "choose a static scale or one a token");
    }

    private static string KindName(DeviceKind kind) => kind == DeviceKind.Cpu ? "cpu" : "cuda";
}
