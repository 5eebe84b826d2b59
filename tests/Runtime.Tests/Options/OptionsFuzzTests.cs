using FsCheck;
using FsCheck.Fluent;
using FusedMoe.Runtime.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime.Tests.Options;

public sealed class OptionsFuzzTests
{
    private static readonly string[] Words =
    [
        "Plugins", "Folders", "Sha256", "Deployment", "Device", "MaxTokens", "Parallel", "AllToAll", "Lora", "MaxRank",
        "Composer",
        "Experts", "Priority", "AllowFallback", "TuningFolders", "PluginOptions", "0", "1", "x.dll", "", " ", "é",
    ];

    private static readonly string?[] Values =
        [null, "", "0", "-1", "true", "cpu", "cuda:9", "1e9", "NaN", "99999999999999999999", "None", "\0", "../..", "[]", "{}"];

    [Test]
    public void Bind_AnyKeysAndValues_GivesOptionsOrATypedError()
    {
        var key = Gen.Elements(Words).ArrayOf().Where(w => w.Length is > 0 and < 5).Select(w => string.Join(':', w));
        var value = Gen.OneOf(Gen.Elements(Values), ArbMap.Default.GeneratorFor<string>().Select(s => (string?)s));
        var settings = (from k in key from v in value select (k, v)).ListOf().ToArbitrary();

        Prop.ForAll(settings, BindsOrFailsTyped).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static bool BindsOrFailsTyped(IList<(string Key, string? Value)> settings)
    {
        var distinct = settings.GroupBy(s => s.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(g => g.Key, g => g.First().Value);
        using var host = new FakeHost([], distinct);
        try
        {
            return host.Services.GetRequiredService<IOptions<FusedMoeOptions>>().Value.Deployment.MaxTokens > 0;
        }
        catch (OptionsValidationException e)
        {
            return e.Failures.All(f => f.StartsWith("FusedMoe", StringComparison.Ordinal));
        }
    }
}
