using System.CommandLine;
using System.CommandLine.Parsing;
using FusedMoe.Host.Benchmarks;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Layers;

/// <summary>Where a layer comes from: a checkpoint folder, the bundled sample, or a published shape by name.</summary>
internal static class LayerSource
{
    /// <summary>The bundled checkpoint: one tiny Mixtral with recorded outputs.</summary>
    public static string SampleFolder => Path.Combine(AppContext.BaseDirectory, "sample");

    public static Option<ActivationQuantization> ActivationQuantOption() => new("--activations")
    {
        Description = "none: keep the activation type; config: quantize activations as config.json says.",
    };

    /// <summary>The optional model argument; a misspelt option must not pass for a folder.</summary>
    public static Argument<string?> ModelArgument(string description)
    {
        var argument = new Argument<string?>("model-dir") { Description = description, Arity = ArgumentArity.ZeroOrOne };
        argument.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } option)
            {
                var command = (result.Parent as CommandResult)?.Command ?? new RootCommand();
                result.AddError(UsageErrors.UnknownOption(option.Value, command));
            }
        });
        return argument;
    }

    /// <summary>The layer of a folder or a shape name, without loading weights.</summary>
    public static MoeLayerSpec Spec(string? model, int? layer, ActivationQuantization activations)
    {
        if (model is not null && !Directory.Exists(model) && NamedShape.All.Any(s => s.Name == model))
        {
            return NamedShape.Find(model).Layer;
        }

        using var checkpoint = MoeCheckpoint.Open(Folder(model));
        using var recording = Recording(checkpoint.Folder);
        return checkpoint.Spec(Index(checkpoint, recording, layer), activations);
    }

    /// <summary>The folder to open.</summary>
    /// <exception cref="ArgumentException">It does not exist; the text lists the known layer shapes.</exception>
    public static string Folder(string? model)
    {
        var folder = model ?? SampleFolder;
        return Directory.Exists(folder)
            ? folder
            : throw new ArgumentException(
                $"Model folder '{folder}' must be an existing folder, got {(File.Exists(folder) ? "a file" : "none")}; "
                + $"known layer shapes are {Shapes()}, verbs are {string.Join(", ", CommandLine.Verbs)}.");
    }

    /// <summary>Recorded inputs and outputs of a folder, or null.</summary>
    public static GoldenRecording? Recording(string folder)
    {
        var path = Path.Combine(folder, "golden.safetensors");
        return File.Exists(path) ? GoldenRecording.Open(path) : null;
    }

    /// <summary>The layer asked for: by index, else the recorded one, else the first that has experts.</summary>
    public static int Index(MoeCheckpoint checkpoint, GoldenRecording? recording, int? layer)
    {
        if (layer is not null || recording?.Layer is not null)
        {
            return (layer ?? recording!.Layer)!.Value;
        }

        return checkpoint.Layers.Count > 0
            ? checkpoint.Layers[0].Index
            : throw new ArgumentException($"Model folder '{checkpoint.Folder}' must hold a layer with experts, got none.");
    }

    private static string Shapes() => string.Join(", ", NamedShape.All.Select(s => s.Name));
}
