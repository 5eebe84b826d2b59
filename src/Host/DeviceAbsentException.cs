namespace FusedMoe.Host;

/// <summary>The device that a verb is to use is not there.</summary>
internal sealed class DeviceAbsentException(IReadOnlyList<Refusal> reasons)
    : Exception(string.Join(Environment.NewLine, reasons.Select(r => $"refused   {r}")));
