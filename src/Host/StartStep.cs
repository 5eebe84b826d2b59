namespace FusedMoe.Host;

/// <summary>One step of a <see cref="StartTimeline"/>.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Milliseconds">How long it took.</param>
internal sealed record StartStep(string Name, double Milliseconds);
