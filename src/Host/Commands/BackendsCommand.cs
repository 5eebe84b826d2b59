using System.CommandLine;
using FusedMoe.Host.Output;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Host.Commands;

/// <summary><c>fusedmoe backends</c>: what is loaded, from where, and what each can do.</summary>
internal sealed class BackendsCommand(CommonOptions common, TextWriter output)
{
    public Command Create()
    {
        var command = new Command("backends", "List plugins, devices and stages, and what each stage can do.");
        common.AddSettingsTo(command);
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        using var session = common.OpenSession(parsed);
        var catalog = session.Catalog;
        var ranges = session.Services.GetServices<IStepRanges>();
        output.Write(
            parsed.GetValue(common.Json) ? JsonText.Of(Json(catalog, ranges)) + Environment.NewLine : Text(catalog, ranges));
        return (int)ExitCode.Success;
    }

    private static string Text(IMoePluginCatalog catalog, IEnumerable<IStepRanges> ranges)
    {
        var text = new StringWriter();
        text.WriteLine("plugins");
        foreach (var plugin in catalog.Plugins)
        {
            text.WriteLine($"  {plugin.Name,-18} {(plugin.IsLoaded ? plugin.Version : "not loaded: " + plugin.Failure)}");
            text.WriteLine($"  {string.Empty,-18} {plugin.Path}");
        }

        WriteDevices(text, catalog.DeviceProviders);
        text.WriteLine("profiler ranges");
        foreach (var marker in ranges)
        {
            var answer = marker.Availability.Refusal?.ToString() ?? "marked";
            text.WriteLine($"  {marker.DeviceKind.ToString().ToLowerInvariant(),-8} {answer}");
        }

        foreach (var group in catalog.Stages.GroupBy(s => s.Kind).OrderBy(g => g.Key))
        {
            text.WriteLine($"stages: {group.Key}");
            foreach (var stage in group)
            {
                WriteStage(text, stage, catalog.PluginOf(stage));
            }
        }

        return text.ToString();
    }

    private static void WriteDevices(StringWriter text, IEnumerable<IComputeDeviceProvider> providers)
    {
        text.WriteLine("devices");
        foreach (var discovery in providers.Select(p => p.Discover()))
        {
            foreach (var device in discovery.Devices)
            {
                var sets = device.InstructionSets.Count == 0 ? string.Empty : $", {string.Join(", ", device.InstructionSets)}";
                text.WriteLine(
                    $"  {device.Id,-8} {device.Name}, {device.Processors} processors, {device.MemoryBytes >> 20} MiB{sets}");
            }

            foreach (var refusal in discovery.Refusals)
            {
                text.WriteLine($"  absent   {refusal}");
            }
        }
    }

    private static void WriteStage(StringWriter text, IStageDescriptor stage, string plugin)
    {
        text.WriteLine($"  {stage.Name} ({plugin}, {stage.DeviceKind.ToString().ToLowerInvariant()}): {stage.Summary}");
        foreach (var (question, answers) in CapabilityTable.Of(stage))
        {
            text.WriteLine($"    {question,-14} {answers}");
        }
    }

    private static object Json(IMoePluginCatalog catalog, IEnumerable<IStepRanges> ranges) => new
    {
        plugins = catalog.Plugins,
        devices = catalog.DeviceProviders.SelectMany(p => p.Discover().Devices).Select(PlanJson.Device),
        absentDevices = catalog.DeviceProviders.SelectMany(p => p.Discover().Refusals).Select(PlanJson.Refusal),
        profilerRanges = ranges.Select(r => new
        {
            device = r.DeviceKind.ToString(),
            marked = r.Availability.IsYes,
            refusal = r.Availability.Refusal is { } refusal ? PlanJson.Refusal(refusal) : null,
        }),
        stages = catalog.Stages.Select(s => new
        {
            kind = s.Kind.ToString(),
            name = s.Name,
            plugin = catalog.PluginOf(s),
            device = s.DeviceKind.ToString(),
            summary = s.Summary,
            capabilities = CapabilityTable.Of(s)
                .ToLookup(c => c.Question, c => c.Answers)
                .ToDictionary(g => g.Key, g => g.ToArray()),
        }),
    };
}
