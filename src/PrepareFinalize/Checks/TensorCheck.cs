using System.Runtime.CompilerServices;

namespace FusedMoe.PrepareFinalize;

/// <summary>Refusals of tensors in one form of words, on every kind of device.</summary>
internal static class TensorCheck
{
    /// <summary>Refuses a tensor.</summary>
    /// <exception cref="ArgumentException"><paramref name="holds"/> is false.</exception>
    public static void Require(bool holds, string name, string required, TensorView actual)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} must be {required}, got {actual}.");
        }
    }

    /// <summary>Refuses a tensor; the text is built only then.</summary>
    /// <exception cref="ArgumentException"><paramref name="holds"/> is false.</exception>
    public static void Require(
        bool holds,
        string name,
        [InterpolatedStringHandlerArgument(nameof(holds))] FailureText required,
        TensorView actual)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} must be {required.ToString()}, got {actual}.");
        }
    }

    /// <summary>Refuses a count of live rows that is none; where it lies is for the caller to check.</summary>
    /// <exception cref="ArgumentException">It is given and not one int32.</exception>
    public static void RequireValidTokens(TensorView view) => Require(
        view.IsNone || (view.DType == DType.Int32 && view.Elements == 1), "valid tokens", "int32 [1]", view);
}
