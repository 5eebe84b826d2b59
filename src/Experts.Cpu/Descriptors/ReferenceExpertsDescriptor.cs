using FusedMoe.Experts.Cpu.Reference;

namespace FusedMoe.Experts.Cpu;

/// <summary>Offers <c>reference</c>.</summary>
internal sealed class ReferenceExpertsDescriptor : CpuDescriptorBase
{
    /// <inheritdoc/>
    public override string Name => CpuExpertsNames.Reference;

    /// <inheritdoc/>
    public override string Summary => "Plain float64 experts on one thread, to compare others with.";

    /// <inheritdoc/>
    public override IFusedExperts Create(StageContext context) => new ReferenceExperts(this, context);
}
