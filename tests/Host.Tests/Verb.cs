namespace FusedMoe.Host.Tests;

/// <summary>Runs a verb inside the test process.</summary>
internal static class Verb
{
    public static async Task<(ExitCode Code, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(args, output, error);
        return ((ExitCode)code, output.ToString(), error.ToString());
    }
}
