namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>A router of one method, whose results are given.</summary>
internal sealed class FixedRouterDescriptor(int[] ids, float[] weights) : IRouterDescriptor
{
    public string Name => "fixed";

    public string Summary => "Gives known ids.";

    public StageKind Kind => StageKind.Router;

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public IRouter Create(StageContext context) => new FixedRouter(this, ids, weights);

    public Support SupportsDevice(DeviceTraits device) => Support.Yes;

    public Support SupportsActivation(ActivationSpec activation) => Support.Yes;

    public Support SupportsNonGated() => Support.Yes;

    public Support SupportsBias() => Support.Yes;

    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) => Support.Yes;

    public Support SupportsParallel(ParallelSpec parallel) => Support.Yes;

    public Support SupportsExpertMap() => Support.Yes;

    public Support SupportsRouting(RoutingSpec routing) => routing.Method == RoutingMethod.Default
        ? Support.Yes
        : Support.No(RefusalCodes.Routing, "method", "default", routing.Method.ToString());

    public Support SupportsRouterLogits(DType dtype) => Support.Yes;

    public Support SupportsShape(MoeShape shape) => Support.Yes;

    public Support SupportsFormat(ActivationFormat format) => Support.Yes;

    public Support SupportsRouterWeightOnInput() => Support.Yes;

    public Support SupportsBatchInvariance() => Support.Yes;

    public Support SupportsDeterminism() => Support.Yes;

    public Support SupportsGraphCapture() => Support.Yes;

    public Support SupportsLora(LoraSpec lora) => Support.Yes;
}
