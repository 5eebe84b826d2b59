using Microsoft.Extensions.Logging;

namespace FusedMoe.Experts.Triton;

internal sealed partial class TritonServices
{
    [LoggerMessage(
        40,
        LogLevel.Warning,
        "FusedMoe:PluginOptions:triton-experts:TunedFolder must have a file for the layer, got none named '{Name}' "
        + "in '{Folder}'; the built-in heuristic chooses its tiles.")]
    private static partial void LogNotTuned(ILogger logger, string folder, string name);
}
