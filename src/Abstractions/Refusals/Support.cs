namespace FusedMoe;

/// <summary>
/// The answer to a capability query: yes, or a <see cref="FusedMoe.Refusal"/>. The default value is yes.
/// </summary>
public readonly record struct Support
{
    private Support(Refusal refusal) => Refusal = refusal;

    /// <summary>The question is answered with yes.</summary>
    public static Support Yes => default;

    /// <summary>Null for yes; otherwise the reason.</summary>
    public Refusal? Refusal { get; }

    /// <summary>True for yes.</summary>
    public bool IsYes => Refusal is null;

    /// <summary>No, for this reason.</summary>
    public static Support No(Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        return new Support(refusal);
    }

    /// <summary>No, for the reason made of these parts.</summary>
    public static Support No(RefusalCode code, string subject, string required, string actual, string? remedy = null) =>
        new(new Refusal(code, subject, required, actual, remedy));

    /// <summary>A refusal is a no.</summary>
    public static implicit operator Support(Refusal refusal) => No(refusal);

    /// <inheritdoc cref="No(FusedMoe.Refusal)"/>
    public static Support FromRefusal(Refusal refusal) => No(refusal);
}
