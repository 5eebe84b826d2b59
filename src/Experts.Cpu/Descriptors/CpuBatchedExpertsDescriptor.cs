namespace FusedMoe.Experts.Cpu;

/// <summary>Offers <c>cpu-batched</c>.</summary>
internal sealed class CpuBatchedExpertsDescriptor(DotKernels kernels) : CpuDescriptorBase
{
    /// <inheritdoc/>
    public override string Name => CpuExpertsNames.CpuBatched;

    /// <inheritdoc/>
    public override string Summary => $"SIMD experts on the host, batched format ({kernels.Name}).";

    /// <inheritdoc/>
    public override ActivationFormat ActivationFormat => ActivationFormat.Batched;

    /// <inheritdoc/>
    public override IFusedExperts Create(StageContext context) => new CpuBatchedExperts(this, context, kernels);
}
