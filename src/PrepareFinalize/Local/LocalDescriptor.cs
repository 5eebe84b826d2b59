namespace FusedMoe.PrepareFinalize;

/// <summary>Prepare/finalize on the CPU where nothing travels.</summary>
internal sealed class LocalDescriptor : LocalDescriptorBase
{
    public const string SchemeName = "local";

    public override string Name => SchemeName;

    public override string Summary => "Quantizes and reduces on the CPU; tokens stay where they are.";

    public override bool IsMonolithic => false;

    protected override string GpuName => "cuda-local";

    public override IPrepareAndFinalize Create(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new LocalPrepareAndFinalize(this, context);
    }

    public override IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException(
            $"'{Name}' is modular; call Create or choose '{LocalMonolithicDescriptor.SchemeName}'.");
}
