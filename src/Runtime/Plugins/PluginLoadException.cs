namespace FusedMoe.Runtime;

/// <summary>
/// Why one plugin did not load; ends as <see cref="PluginReport.Failure"/>, never reaches a user as an exception.
/// </summary>
internal sealed class PluginLoadException(string message) : Exception(message);
