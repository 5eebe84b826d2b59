namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>What stages did, in order; allocation tests turn it off.</summary>
internal sealed class CallLog
{
    public bool IsOn { get; set; } = true;

    public List<string> Entries { get; } = [];

    public void Add(string what)
    {
        if (IsOn)
        {
            Entries.Add(what);
        }
    }
}
