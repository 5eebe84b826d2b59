using System.Reflection;

namespace FusedMoe.PrepareFinalize.Tests.Support;

/// <summary>
/// Experts, and their descriptor, that answer one question only: whether they quantize their input themselves.
/// </summary>
public class DescribedExperts : DispatchProxy
{
    private bool _expectsUnquantized;

    public static IExpertsBase Create(bool expectsUnquantized) => Create<IExpertsBase>(expectsUnquantized);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        "get_" + nameof(IExpertsBase.Descriptor) => Create<IFusedExpertsDescriptor>(_expectsUnquantized),
        "get_" + nameof(IFusedExpertsDescriptor.ExpectsUnquantizedInputs) => _expectsUnquantized,
        var name => throw new NotSupportedException($"These experts do not answer {name}."),
    };

    private static T Create<T>(bool expectsUnquantized)
        where T : class
    {
        var proxy = Create<T, DescribedExperts>();
        ((DescribedExperts)(object)proxy)._expectsUnquantized = expectsUnquantized;
        return proxy;
    }
}
