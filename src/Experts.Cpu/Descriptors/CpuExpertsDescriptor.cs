namespace FusedMoe.Experts.Cpu;

/// <summary>Offers <c>cpu</c>.</summary>
internal sealed class CpuExpertsDescriptor(DotKernels kernels) : CpuDescriptorBase
{
    /// <inheritdoc/>
    public override string Name => CpuExpertsNames.Cpu;

    /// <inheritdoc/>
    public override string Summary => $"SIMD experts on the host, standard format ({kernels.Name}).";

    /// <inheritdoc/>
    public override IFusedExperts Create(StageContext context) => new CpuExperts(this, context, kernels);
}
