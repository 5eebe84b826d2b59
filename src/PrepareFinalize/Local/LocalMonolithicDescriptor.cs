namespace FusedMoe.PrepareFinalize;

/// <summary>The twin of <see cref="LocalDescriptor"/> for experts that route inside.</summary>
internal sealed class LocalMonolithicDescriptor : LocalDescriptorBase
{
    public const string SchemeName = "local-monolithic";

    public override string Name => SchemeName;

    public override string Summary => "Quantizes on the CPU and hands router logits to experts that route inside.";

    public override bool IsMonolithic => true;

    protected override string GpuName => "cuda-local-monolithic";

    public override IPrepareAndFinalize Create(StageContext context) =>
        throw new InvalidOperationException(
            $"'{Name}' is monolithic; call CreateMonolithic or choose '{LocalDescriptor.SchemeName}'.");

    public override IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new LocalMonolithicPrepareAndFinalize(this, context);
    }
}
