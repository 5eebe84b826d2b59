using FusedMoe.Host.Output;
using Microsoft.Extensions.Logging;

namespace FusedMoe.Host.Tests.Output;

public sealed class ErrorLogTests
{
    [Test]
    public void Log_WarningAndError_WritesALineEach()
    {
        using var error = new StringWriter();
        using var provider = new ErrorLogProvider(error);
        var log = provider.CreateLogger("Some.Category");

        log.Log(LogLevel.Information, new EventId(1), "quiet", null, (s, _) => s);
        log.Log(LogLevel.Warning, new EventId(2), "careful", null, (s, _) => s);
        log.Log(LogLevel.Error, new EventId(3), "broken", new IOException("gone"), (s, _) => s);

        Assert.That(
            error.ToString().ReplaceLineEndings("\n"),
            Is.EqualTo("warn: Some.Category[2] careful\nfail: Some.Category[3] broken IOException: gone\n"));
    }
}
