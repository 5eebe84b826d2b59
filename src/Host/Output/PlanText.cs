using System.Text;
using FusedMoe.Runtime;

namespace FusedMoe.Host.Output;

/// <summary>A plan for people: one candidate a line or block, every refusal, the decision last.</summary>
internal static class PlanText
{
    // What stages say of a device that is not there.
    private static readonly RefusalCode[] OfTheDevice =
    [
        RefusalCodes.Architecture, RefusalCodes.NoDriver, RefusalCodes.DriverVersion, RefusalCodes.NoImage,
    ];

    public static string Render(MoeKernelPlan plan)
    {
        var text = new StringBuilder();
        AppendPlan(text, plan, string.Empty);
        return text.ToString();
    }

    // Why the device is not there stands above; that nothing runs on it is not repeated for each stage.
    private static void AppendAbsent(StringBuilder text, MoeKernelPlan plan, string prefix)
    {
        var others = plan with { Candidates = [.. plan.Candidates.Select(WithoutDevice).OfType<CandidateReport>()] };
        AppendCandidates(text, others, prefix);
        text.AppendLine($"{prefix}plan      none: {plan.Deployment.Device.Id} is not there");
    }

    private static bool IsAbsent(MoeKernelPlan plan) =>
        plan is { Chain: null, Refusals.Count: > 0 } && DeploymentSpecFactory.IsAbsent(plan.Deployment.Device);

    private static CandidateReport? WithoutDevice(CandidateReport candidate)
    {
        var rest = candidate.Refusals.Where(r => !OfTheDevice.Contains(r.Code)).ToArray();
        var isOfAnotherKind = rest.Any(r => r.Code == RefusalCodes.DeviceKind);
        return rest.Length == 0 || isOfAnotherKind ? null : candidate with { Refusals = rest };
    }

    private static void AppendPlan(StringBuilder text, MoeKernelPlan plan, string prefix)
    {
        AppendProblem(text, plan, prefix);
        if (IsAbsent(plan))
        {
            AppendAbsent(text, plan, prefix);
            return;
        }

        AppendCandidates(text, plan, prefix);
        text.AppendLine(plan.Chain is null
            ? $"{prefix}plan      none: {plan.Because}"
            : $"{prefix}plan      {plan.Chain}      chosen because: {plan.Because}");
        if (plan.SharedExperts is { } shared)
        {
            text.AppendLine($"{prefix}shared experts:");
            AppendPlan(text, shared, prefix + "  ");
        }
    }

    private static void AppendProblem(StringBuilder text, MoeKernelPlan plan, string prefix)
    {
        var device = plan.Deployment.Device;
        var capability = device.ComputeCapability > 0 ? $" ({device.ComputeCapabilityText})" : string.Empty;
        var processors = device.MemoryBytes > 0 ? $", {device.Processors} processors" : string.Empty;
        text.AppendLine($"{prefix}problem   {plan.Layer}");
        text.AppendLine($"{prefix}device    {device.Id}: {device.Name}{capability}{processors}");
        text.AppendLine($"{prefix}deploy    max tokens {plan.Deployment.MaxTokens}, {plan.Deployment.Parallel}");
        foreach (var refusal in plan.Refusals)
        {
            text.AppendLine($"{prefix}refused   {refusal}");
        }
    }

    private static void AppendCandidates(StringBuilder text, MoeKernelPlan plan, string prefix)
    {
        var width = plan.Candidates.Count == 0 ? 0 : plan.Candidates.Max(c => c.Name.Length);
        foreach (var group in plan.Candidates.GroupBy(c => c.Stage).OrderBy(g => g.Key))
        {
            text.AppendLine($"{prefix}{StageName(group.Key)}");
            foreach (var candidate in group)
            {
                var verdict = candidate.IsChosen ? "chosen" : candidate.IsAccepted ? "accepted" : "refused";
                var indent = $"{prefix}  {candidate.Name.PadRight(width)}  {verdict,-8}  ";
                var reasons = candidate.IsAccepted ? [candidate.Note] : candidate.Refusals.Select(r => r.ToString()).ToArray();
                text.AppendLine(indent + reasons[0]);
                foreach (var reason in reasons.Skip(1))
                {
                    text.Append(' ', indent.Length).AppendLine(reason);
                }
            }
        }
    }

    private static string StageName(StageKind kind) => kind switch
    {
        StageKind.Router => "router",
        StageKind.PrepareFinalize => "prepare and finalize",
        _ => "experts",
    };
}
