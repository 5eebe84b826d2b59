namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Gathers what is wrong with a checkpoint's description, so that one error lists all of it.</summary>
internal sealed class ConfigProblems
{
    private readonly List<CheckpointException> _found = [];

    /// <summary>The value, or default when reading it fails; the failure is kept.</summary>
    public T? Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CheckpointException e)
        {
            _found.Add(e);
            return default;
        }
    }

    /// <summary>Keeps a problem.</summary>
    public void Add(CheckpointException problem) => _found.Add(problem);

    /// <exception cref="CheckpointException">Something was found; every problem is a line of the text.</exception>
    public void ThrowIfAny()
    {
        if (_found.Count == 1)
        {
            throw _found[0];
        }

        if (_found.Count > 1)
        {
            var lines = _found.Select(p => p.Message).Distinct(StringComparer.Ordinal);
            throw new CheckpointException(_found[0].File, string.Join(Environment.NewLine, lines), _found[0]);
        }
    }
}
