using System.Text;

namespace FusedMoe;

/// <summary>No chain can run a layer. Carries the whole plan; the text contains every reason.</summary>
public sealed class CompositionException(MoeKernelPlan plan) : Exception(Describe(plan))
{
    /// <summary>The plan without a chain.</summary>
    public MoeKernelPlan Plan { get; } = plan;

    private static string Describe(MoeKernelPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder();
        text.Append($"No chain can run the layer ({plan.Layer}) on {plan.Deployment.Device.Name}: {plan.Because}");
        foreach (var refusal in plan.Refusals)
        {
            text.AppendLine().Append("  ").Append(refusal);
        }

        foreach (var candidate in plan.Candidates.Where(c => !c.IsAccepted))
        {
            foreach (var refusal in candidate.Refusals)
            {
                text.AppendLine().Append($"  {candidate.Stage} '{candidate.Name}': {refusal}");
            }
        }

        if (plan.SharedExperts is { IsRunnable: false } shared)
        {
            text.AppendLine().Append("Shared experts: ").Append(Describe(shared));
        }

        return text.ToString();
    }
}
