namespace FusedMoe;

/// <summary>The field's names of <see cref="ActivationKind"/>.</summary>
public static class ActivationNames
{
    private static readonly string[] Names =
    [
        "silu", "gelu", "gelu_tanh", "swigluoai", "swigluoai_uninterleave", "swiglustep", "situ", "silu_no_mul",
        "gelu_no_mul", "gelu_tanh_no_mul", "relu2_no_mul",
    ];

    /// <summary>All names, in the order of the enum.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The name of <paramref name="kind"/>.</summary>
    public static string Of(ActivationKind kind) => Names[(int)kind];

    /// <summary>Reads a name; <c>gelu_pytorch_tanh</c> is an alias of <c>gelu_tanh</c>.</summary>
    /// <exception cref="ArgumentException">Unknown name; the text lists the known ones.</exception>
    public static ActivationKind Parse(string name)
    {
        if (string.Equals(name, "gelu_pytorch_tanh", StringComparison.OrdinalIgnoreCase))
        {
            return ActivationKind.GeluTanh;
        }

        var index = Array.FindIndex(Names, n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase));
        return index >= 0
            ? (ActivationKind)index
            : throw new ArgumentException($"No activation is named '{name}'. Known: {string.Join(", ", Names)}.");
    }
}
