using System.CommandLine;
using FusedMoe.Host.Commands;

namespace FusedMoe.Host;

/// <summary>The verbs and what they share: parsing, cancellation, errors to exit codes.</summary>
internal static class CommandLine
{
    /// <summary>The verbs, as one types them.</summary>
    public static IReadOnlyList<string> Verbs { get; } =
        ["run", "verify", "backends", "explain", "conformance", "bench", "tune"];

    /// <summary>Parses and runs; the result is an <see cref="ExitCode"/>.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var root = Build(common, output, error, new StartTimeline());
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in UsageErrors.Of(parsed))
            {
                await error.WriteLineAsync(problem);
            }

            await error.WriteLineAsync("Run 'fusedmoe --help' for the verbs and their options.");
            return (int)ExitCode.Misconfigured;
        }

        var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        try
        {
            common.BeginDevice(parsed);
            return await parsed.InvokeAsync(invocation);
        }
        catch (Exception e)
        {
            await error.WriteLineAsync(ErrorReport.TextOf(e));
            return (int)ErrorReport.ExitCodeOf(e);
        }
    }

    private static RootCommand Build(CommonOptions common, TextWriter output, TextWriter error, StartTimeline start)
    {
        var run = new RunCommand(common, output, error, start);
        var root = new RootCommand(
            "Fused mixture-of-experts layers: run, verify, explain, check and measure. Without a verb: run.")
        {
            run.Create(),
            new VerifyCommand(common, output, error).Create(),
            new BackendsCommand(common, output).Create(),
            new ExplainCommand(common, output).Create(),
            new ConformanceCommand(common, output, error).Create(),
            new BenchCommand(common, output, error).Create(),
            new TuneCommand(common, output, error).Create(),
        };
        run.AttachTo(root);
        return root;
    }
}
