namespace FusedMoe.Experts.Cpu;

/// <summary>
/// Offers <c>cpu-monolithic</c>, which routes with the first registered CPU router that takes the layer's routing.
/// </summary>
internal sealed class CpuMonolithicExpertsDescriptor(DotKernels kernels, IEnumerable<IRouterDescriptor> routers)
    : CpuDescriptorBase
{
    private readonly IRouterDescriptor[] _routers = [.. routers.Where(r => r.DeviceKind == DeviceKind.Cpu)];

    /// <inheritdoc/>
    public override string Name => CpuExpertsNames.CpuMonolithic;

    /// <inheritdoc/>
    public override string Summary => $"SIMD experts on the host that route inside, standard format ({kernels.Name}).";

    /// <inheritdoc/>
    public override bool IsMonolithic => true;

    /// <inheritdoc/>
    public override IMonolithicFusedExperts CreateMonolithic(StageContext context)
    {
        var router = _routers.FirstOrDefault(r => r.SupportsRouting(context.Layer.Routing).IsYes)
            ?? throw new InvalidOperationException(
                $"Experts '{Name}' need a CPU router for {context.Layer.Routing.Method}.");
        return new CpuMonolithicExperts(this, context, kernels, router.Create(context));
    }

    /// <inheritdoc/>
    public override Support SupportsRouting(RoutingSpec routing)
    {
        if (routing.HasHashTable)
        {
            return Support.No(
                RefusalCodes.Routing, "routing of monolithic experts", "computed from logits",
                "a hash table by token id", "choose modular experts");
        }

        if (routing.FusedSharedExperts > 0)
        {
            return Support.No(
                RefusalCodes.Routing, "fused shared experts of monolithic experts", "0",
                $"{routing.FusedSharedExperts}", "choose modular experts");
        }

        return AnyRouter(r => r.SupportsRouting(routing), RefusalCodes.Routing, routing.Method.ToString());
    }

    /// <inheritdoc/>
    public override Support SupportsRouterLogits(DType dtype) =>
        AnyRouter(r => r.SupportsRouterLogits(dtype), RefusalCodes.RouterLogits, dtype.Name());

    /// <inheritdoc/>
    public override Support SupportsRouterWeightOnInput() => Support.No(
        RefusalCodes.RouterWeightOnInput, "router weight on input of monolithic experts", "off", "on",
        "choose modular experts, which get the weights before the input is quantized");

    private Support AnyRouter(Func<IRouterDescriptor, Support> ask, RefusalCode code, string actual)
    {
        var answers = _routers.Select(ask).ToArray();
        if (answers.Length == 0)
        {
            return Support.No(
                code, "CPU router", "registered", $"none for {actual}", "load the prepare-finalize plugin");
        }

        return answers.FirstOrDefault(a => a.IsYes, answers[0]);
    }
}
