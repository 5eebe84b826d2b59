namespace FusedMoe.Runtime;

/// <summary>Options of <c>FusedMoe:Composer</c>.</summary>
public sealed class ComposerOptions
{
    /// <summary>
    /// The router by name; <c>none</c> when callers bring top-k ids and weights; null lets the composer choose.
    /// Default: null.
    /// </summary>
    public string? Router { get; set; }

    /// <summary>The prepare/finalize scheme by name; null lets the composer choose. Default: null.</summary>
    public string? PrepareAndFinalize { get; set; }

    /// <summary>The experts backend by name; null lets the composer choose. Default: null.</summary>
    public string? Experts { get; set; }

    /// <summary>The order in which stages are tried when no name and no measurement decides.</summary>
    public PriorityOptions Priority { get; set; } = new();

    /// <summary>True when a named stage that refuses may be replaced, with a warning once. Default: false.</summary>
    public bool AllowFallback { get; set; }

    /// <summary>
    /// Folders of measured tables, each with one subfolder a device name. Relative paths start at the application's
    /// folder. Default: none.
    /// </summary>
    public IList<string> TuningFolders { get; set; } = [];
}
