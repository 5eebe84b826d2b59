namespace FusedMoe.Conformance;

/// <summary>Calls that are right but for one tensor. Each must throw, name the tensor and write nothing.</summary>
/// <param name="scope">The running case.</param>
/// <param name="right">A right call.</param>
/// <param name="poisoned">A tensor that a right call writes, filled with 0xFF.</param>
/// <param name="apply">Enqueues a call.</param>
internal sealed class WrongCalls<T>(CaseScope scope, T right, TensorView poisoned, Action<T> apply)
    where T : struct
{
    /// <summary>Replaces a tensor of a call.</summary>
    public delegate T Setter(T call, TensorView tensor);

    /// <summary>Calls that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>A tensor that must be there, or <see cref="TensorView.None"/> when the call has none.</summary>
    /// <param name="name">The tensor's name in errors.</param>
    /// <param name="tensor">The right tensor.</param>
    /// <param name="set">Puts a wrong one in its place.</param>
    /// <param name="isSized">False when the call's number of rows is read from the tensor: only its columns are wrong then.
    /// </param>
    public void Require(string name, TensorView tensor, Setter set, bool isSized = true)
    {
        foreach (var wrong in tensor.IsNone ? [] : WrongTensors.Of(tensor, isSized))
        {
            RequireRefused(name, wrong, set(right, wrong));
        }
    }

    /// <summary>A tensor that may be left out, in a form that nothing takes.</summary>
    public void Refuse(string name, TensorView wrong, Setter set)
    {
        if (!wrong.IsNone)
        {
            RequireRefused(name, wrong, set(right, wrong));
        }
    }

    private void RequireRefused(string name, TensorView wrong, T call)
    {
        scope.ThrowIfCancelled();
        try
        {
            apply(call);
        }
        catch (ArgumentException error)
        {
            if (!error.Message.Contains(name, StringComparison.OrdinalIgnoreCase)
                || !error.Message.Contains(wrong.ToString(), StringComparison.Ordinal))
            {
                throw new CaseFailedException($"The error must name {name} and {wrong}, got \"{error.Message}\".");
            }

            RequireUnwritten(name, wrong);
            Refused++;
            return;
        }

        throw new CaseFailedException($"A call with {name} {wrong} must throw ArgumentException, it returned.");
    }

    private void RequireUnwritten(string name, TensorView wrong)
    {
        scope.Stream.Synchronize();
        var bytes = new byte[poisoned.Bytes];
        scope.Stream.CopyToHost(poisoned.Pointer, bytes);
        scope.Stream.Synchronize();
        if (bytes.AsSpan().ContainsAnyExcept((byte)0xFF))
        {
            throw new CaseFailedException($"A call with {name} {wrong} must write nothing, it wrote {poisoned}.");
        }
    }
}
