namespace FusedMoe.Runtime;

/// <summary>Which prepare/finalize schemes and experts fit each other: same family, same activation format.</summary>
internal static class Pairing
{
    /// <summary>Why two stages do not fit; null when they do.</summary>
    public static Refusal? Refuse(IPrepareAndFinalizeDescriptor scheme, IFusedExpertsDescriptor experts)
    {
        if (scheme.IsMonolithic != experts.IsMonolithic)
        {
            return new Refusal(
                RefusalCodes.MixedFamilies, $"family of '{experts.Name}'", $"{Family(scheme.IsMonolithic)} for '{scheme.Name}'",
                Family(experts.IsMonolithic), "choose two stages of one family");
        }

        if (scheme.ActivationFormat != experts.ActivationFormat)
        {
            return new Refusal(
                RefusalCodes.ActivationFormat, $"activation format of '{experts.Name}'",
                $"{scheme.ActivationFormat.Name()} for '{scheme.Name}'", experts.ActivationFormat.Name(),
                "choose two stages of one format");
        }

        return experts.SupportsFormat(scheme.ActivationFormat).Refusal
            ?? scheme.SupportsFormat(experts.ActivationFormat).Refusal;
    }

    /// <summary>
    /// Refuses accepted stages that no accepted stage of the other kind fits, naming the nearest miss. Nothing is added
    /// when the other kind has no accepted stage at all: its own reasons say what is wrong.
    /// </summary>
    public static void RefuseUnpaired(IReadOnlyList<Candidate> schemes, IReadOnlyList<Candidate> experts)
    {
        var accepted = schemes.Where(c => c.IsAccepted).ToArray();
        var partners = experts.Where(c => c.IsAccepted).ToArray();
        if (accepted.Length == 0 || partners.Length == 0)
        {
            return;
        }

        var misses = accepted.Select(s => (s, Reason: Miss(partners.Select(e => Refuse(s, e)))))
            .Concat(partners.Select(e => (e, Reason: Miss(accepted.Select(s => Refuse(s, e))))))
            .ToArray();
        foreach (var (candidate, reason) in misses)
        {
            if (reason is not null)
            {
                candidate.Refusals.Add(reason);
            }
        }
    }

    private static Refusal? Refuse(Candidate scheme, Candidate experts) =>
        Refuse((IPrepareAndFinalizeDescriptor)scheme.Stage, (IFusedExpertsDescriptor)experts.Stage);

    private static Refusal? Miss(IEnumerable<Refusal?> reasons)
    {
        var all = reasons.ToArray();
        return all.Any(r => r is null) ? null : all.FirstOrDefault(r => r!.Code == RefusalCodes.ActivationFormat) ?? all[0];
    }

    private static string Family(bool isMonolithic) => isMonolithic ? "monolithic" : "modular";
}
