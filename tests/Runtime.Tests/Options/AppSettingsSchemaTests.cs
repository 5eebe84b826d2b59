using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using FusedMoe.Runtime.Tests.Fakes;
using FusedMoe.Runtime.Tests.Plugins;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime.Tests.Options;

/// <summary>The schema file and the options classes say the same; neither can change alone.</summary>
public sealed class AppSettingsSchemaTests
{
    private static readonly JsonNode Schema =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "appsettings.schema.json")))!;

    private static IEnumerable<TestCaseData> Sections =>
    [
        Section("FusedMoe", new FusedMoeOptions()), Section("Plugins", new PluginLoadOptions()),
        Section("Deployment", new DeploymentOptions()),
        Section("Parallel", new ParallelOptions()),
        Section("Lora", new LoraOptions()),
        Section("Composer", new ComposerOptions()),
        Section("Priority", new PriorityOptions()),
    ];

    [TestCaseSource(nameof(Sections))]
    public void Properties_OfASection_AreTheOptions(string name, object options)
    {
        var properties = Definition(name)["properties"]!.AsObject().Select(p => p.Key);

        Assert.That(properties, Is.EqualTo(Properties(options).Select(p => p.Name)));
        Assert.That((bool)Definition(name)["additionalProperties"]!, Is.False);
    }

    [TestCaseSource(nameof(Sections))]
    public void Defaults_OfASection_AreTheOptions(string name, object options)
    {
        foreach (var property in Properties(options))
        {
            var schema = Definition(name)["properties"]![property.Name]!;
            if (schema["$ref"] is not null || property.PropertyType == typeof(IConfigurationSection))
            {
                continue;
            }

            var value = property.GetValue(options);
            var written = value is Enum ? JsonValue.Create(value.ToString()) : JsonSerializer.SerializeToNode(value);
            Assert.That(
                JsonNode.DeepEquals(schema["default"], written),
                Is.True,
                $"{name}:{property.Name} defaults to {written?.ToJsonString()}");
            Assert.That((string?)schema["description"], Is.Not.Empty.And.EndsWith("."), property.Name);
        }
    }

    [TestCaseSource(nameof(Sections))]
    public void Types_OfASection_AreTheOptions(string name, object options)
    {
        foreach (var property in Properties(options))
        {
            var schema = Definition(name)["properties"]![property.Name]!;
            if (property.PropertyType.IsEnum)
            {
                Assert.That(
                    schema["enum"]!.AsArray().Select(v => (string)v!), Is.EqualTo(Enum.GetNames(property.PropertyType)));
            }
            else if (schema["$ref"] is { } reference)
            {
                Assert.That((string)reference!, Is.EqualTo($"#/$defs/{property.Name}"));
            }
            else
            {
                Assert.That((string)schema["type"]!, Is.EqualTo(JsonType(property.PropertyType)), property.Name);
            }
        }
    }

    [TestCaseSource(nameof(Sections))]
    public void Reference_OfASection_NamesEveryOption(string name, object options)
    {
        var reference = File.ReadAllText(Path.Combine(BuiltPlugins.Repository, "docs", "configuration.md"));

        Assert.That(
            Properties(options).Select(p => p.Name).Where(n => !reference.Contains(n, StringComparison.Ordinal)),
            Is.Empty,
            name);
    }

    [TestCase("Deployment", "Deployment:")]
    [TestCase("Parallel", "Deployment:Parallel:")]
    [TestCase("Lora", "Deployment:Lora:")]
    public void Limits_OfASection_AreWhatTheValidatorEnforces(string name, string path)
    {
        var integers = Definition(name)["properties"]!.AsObject().Where(p => (string?)p.Value!["type"] == "integer");
        foreach (var (key, schema) in integers)
        {
            Assert.That(Fails(path + key, (int)schema!["minimum"]! - 1), Is.True, $"below the minimum of {key}");
            Assert.That(Fails(path + key, (int)schema["minimum"]!), Is.False, $"the minimum of {key}");
            if (schema["maximum"] is { } maximum)
            {
                Assert.That(Fails(path + key, (int)maximum + 1), Is.True, $"above the maximum of {key}");
                Assert.That(Fails(path + key, (int)maximum), Is.False, $"the maximum of {key}");
            }
        }
    }

    private static bool Fails(string key, int value)
    {
        using var host = new FakeHost([], new Dictionary<string, string?> { [key] = $"{value}" });
        try
        {
            _ = host.Services.GetRequiredService<IOptions<FusedMoeOptions>>().Value;
            return false;
        }
        catch (OptionsValidationException e)
        {
            return e.Failures.Single().StartsWith($"FusedMoe:{key} is {value};", StringComparison.Ordinal);
        }
    }

    private static JsonNode Definition(string name) => Schema["$defs"]![name]!;

    private static PropertyInfo[] Properties(object options) =>
        options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance);

    private static TestCaseData Section(string name, object options) =>
        new TestCaseData(name, options).SetArgDisplayNames(name);

    private static string JsonType(Type type) =>
        type == typeof(string) ? "string"
        : type == typeof(bool) ? "boolean"
        : type == typeof(int) ? "integer"
        : type == typeof(IList<string>) ? "array"
        : "object";
}
