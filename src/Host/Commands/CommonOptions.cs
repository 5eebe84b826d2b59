using System.CommandLine;
using FusedMoe.Runtime;

namespace FusedMoe.Host.Commands;

/// <summary>Options that several verbs share; each instance belongs to one command line.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Device { get; } = new("--device")
    {
        Description = "auto, cpu, cuda or cuda:N; overrides FusedMoe:Deployment:Device.",
        HelpName = "device",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Write JSON for programs instead of text for people." };

    public Option<string?> Config { get; } = new("--config")
    {
        Description = "A settings file that is read after appsettings.json.",
        HelpName = "file",
    };

    public Option<string?> Router { get; } = new("--router") { Description = "Use this router or refuse.", HelpName = "name" };

    public Option<string?> PrepareAndFinalize { get; } = new("--prepare")
    {
        Description = "Use this prepare/finalize scheme or refuse.",
        HelpName = "name",
    };

    public Option<string?> Experts { get; } = new("--experts")
    {
        Description = "Use this experts backend or refuse.",
        HelpName = "name",
    };

    public Option<int?> Layer { get; } = new("--layer")
    {
        Description = "Index of the layer; by default the recorded one, else the only or first MoE layer.",
        HelpName = "index",
    };

    /// <summary>Adds the options of a verb that composes a layer.</summary>
    public void AddAllTo(Command command)
    {
        AddSettingsTo(command);
        command.Add(Router);
        command.Add(PrepareAndFinalize);
        command.Add(Experts);
    }

    /// <summary>Adds device, configuration and JSON.</summary>
    public void AddSettingsTo(Command command)
    {
        command.Add(Device);
        command.Add(Config);
        command.Add(Json);
    }

    public StageSelection Selection(ParseResult parsed) =>
        new(parsed.GetValue(Router), parsed.GetValue(PrepareAndFinalize), parsed.GetValue(Experts));

    public HostSession OpenSession(ParseResult parsed, IEnumerable<string>? pluginFolders = null) =>
        HostSession.Open(parsed.GetValue(Config), pluginFolders ?? []);

    /// <summary>
    /// Begins the start of a GPU that the command line names: it will be opened. Whether a setting chooses one is known only
    /// later.
    /// </summary>
    public void BeginDevice(ParseResult parsed)
    {
        if (DeviceId.Parse(parsed.GetValue(Device)) is { Kind: not DeviceKind.Cpu } gpu)
        {
            EarlyStart.Begin(gpu, HostSession.BuiltInPlugins);
        }
    }
}
