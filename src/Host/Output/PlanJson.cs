namespace FusedMoe.Host.Output;

/// <summary>A plan for programs: the same records as <see cref="PlanText"/> shows.</summary>
internal static class PlanJson
{
    public static object Of(MoeKernelPlan plan) => new
    {
        layer = Layer(plan.Layer),
        device = Device(plan.Deployment.Device),
        maxTokens = plan.Deployment.MaxTokens,
        chain = plan.Chain is null ? null : Chain(plan.Chain),
        reason = plan.Reason.ToString(),
        because = plan.Because,
        refusals = plan.Refusals.Select(Refusal),
        candidates = plan.Candidates.Select(c => new
        {
            stage = c.Stage.ToString(),
            name = c.Name,
            plugin = c.Plugin,
            chosen = c.IsChosen,
            accepted = c.IsAccepted,
            note = c.Note,
            refusals = c.Refusals.Select(Refusal),
        }),
        sharedExperts = plan.SharedExperts is null ? null : Of(plan.SharedExperts),
    };

    public static object Device(DeviceTraits device) => new
    {
        id = device.Id.ToString(),
        name = device.Name,
        computeCapability = device.ComputeCapability,
        processors = device.Processors,
        memoryBytes = device.MemoryBytes,
        driver = device.DriverVersion,
        instructionSets = device.InstructionSets,
    };

    public static object Refusal(Refusal refusal) => new
    {
        code = refusal.Code.Value,
        subject = refusal.Subject,
        required = refusal.Required,
        actual = refusal.Actual,
        remedy = refusal.Remedy,
        text = refusal.ToString(),
    };

    private static object Chain(MoeChain chain) => new
    {
        router = chain.Router?.Name,
        prepareAndFinalize = chain.PrepareAndFinalize.Name,
        experts = chain.Experts.Select(e => new { name = e.Experts.Name, maxTokens = e.MaxTokens }),
    };

    private static object Layer(MoeLayerSpec layer) => new
    {
        experts = layer.Shape.Experts,
        topK = layer.Shape.TopK,
        hidden = layer.Shape.Hidden,
        intermediate = layer.Shape.Intermediate,
        activation = layer.Activation.Name,
        activationType = layer.ActivationDType.Name(),
        weightType = layer.WeightDType.Name(),
        routing = layer.Routing.Method.ToString(),
        weightQuantization = layer.Quant.Weight?.Name,
        activationQuantization = layer.Quant.Activation?.Name,
        sharedExperts = layer.Features.SharedExperts?.Intermediate,
        identityExperts = layer.Routing.IdentityExperts,
    };
}
