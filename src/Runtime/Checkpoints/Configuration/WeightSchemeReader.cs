namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Reads <c>quantization_config</c>. Schemes that cannot be read are refused with the reason.</summary>
internal static class WeightSchemeReader
{
    private const int BlockSize = 128;

    private static readonly IReadOnlyList<string> KnownFormats =
        ["dense", "float-quantized", "int-quantized", "naive-quantized", "pack-quantized"];

    /// <summary>The scheme of a checkpoint; <see cref="WeightScheme.Plain"/> without a section.</summary>
    /// <exception cref="CheckpointException">The scheme is unknown, or a value of it is.</exception>
    public static WeightScheme Read(ModelConfig config)
    {
        if (config.Quantization is not { } section)
        {
            return WeightScheme.Plain;
        }

        var method = section.OptionalText("quant_method");
        return method switch
        {
            "fp8" => Fp8(section),
            "mxfp4" => new WeightScheme(WeightStorage.Mxfp4, QuantKeys.Mxfp4Static, null),
            "compressed-tensors" => Compressed(section),
            _ => throw section.Wrong(["quant_method"], "be fp8, mxfp4 or compressed-tensors",
                $"{(method is null ? "none" : CheckpointException.Quote(method))}{Reason(method)}"),
        };
    }

    private static string Reason(string? method) => method switch
    {
        "gptq" => " (its rows may be reordered by activation)",
        "awq" => " (its columns are interleaved for one kind of kernel)",
        _ => string.Empty,
    };

    private static WeightScheme Fp8(ModelConfig section)
    {
        var scheme = section.OptionalText("activation_scheme") ?? "dynamic";
        if (scheme is not ("dynamic" or "static"))
        {
            throw section.Wrong(["activation_scheme"], "be dynamic or static", CheckpointException.Quote(scheme));
        }

        if (section.OptionalInts("weight_block_size") is { } block)
        {
            CheckBlock(section, "weight_block_size", block);
            return scheme == "dynamic"
                ? new(WeightStorage.BlockScaled, QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128)
                {
                    ScaleSuffix = "_scale_inv",
                }
                : throw section.Wrong(["activation_scheme"], "be dynamic with weight blocks", "'static'");
        }

        return new(WeightStorage.ChannelScaled, QuantKeys.Fp8StaticChannel,
            scheme == "dynamic" ? QuantKeys.Fp8DynamicTensor : QuantKeys.Fp8StaticTensor);
    }

    private static WeightScheme Compressed(ModelConfig section)
    {
        var groups = section.Sections("config_groups");
        if (groups.Count != 1)
        {
            throw section.Wrong(["config_groups"], "hold one group", $"{groups.Count}");
        }

        if (section.OptionalText("format") is { } format && !KnownFormats.Contains(format))
        {
            throw section.Wrong(
                ["format"], $"be one of {string.Join(", ", KnownFormats)}", CheckpointException.Quote(format));
        }

        if (section.Has("transform_config.config_groups"))
        {
            throw section.Wrong(["transform_config"], "be absent or null (rotated weights are not known)", "a value");
        }

        var group = groups[0];
        var kind = group.OptionalText("weights.type") ?? "int";
        var bits = group.Size(0, "weights.num_bits");
        var strategy = group.OptionalText("weights.strategy") ?? "none";
        if (group.OptionalBool("weights.symmetric") == false)
        {
            throw group.Wrong(["weights.symmetric"], $"be true for {kind} {bits}", "false");
        }

        return (kind, bits, strategy) switch
        {
            ("float", 8, "channel" or "tensor") =>
                new(WeightStorage.ChannelScaled, QuantKeys.Fp8StaticChannel, Fp8Activation(group)),
            ("float", 8, "block") => Fp8Blocks(group),
            ("int", 8, "channel" or "tensor") =>
                new(WeightStorage.ChannelScaled, QuantKeys.Int8StaticChannel, Int8Activation(group)),
            ("int", 4, "group") => new(WeightStorage.PackedInt4, Int4Groups(group), null),
            _ => throw group.Wrong(
                ["weights"],
                "be float 8 by channel, tensor or block, int 8 by channel or tensor, or int 4 by group",
                $"{kind} {bits} by {strategy}"),
        };
    }

    private static WeightScheme Fp8Blocks(ModelConfig group)
    {
        CheckBlock(group, "weights.block_structure", group.OptionalInts("weights.block_structure") ?? []);
        return new(WeightStorage.BlockScaled, QuantKeys.Fp8StaticBlock128, Fp8Activation(group));
    }

    private static QuantKey Int4Groups(ModelConfig group)
    {
        var size = group.Size(0, "weights.group_size");
        if (group.OptionalScalar("weights.actorder") is { } order and not ("static" or "weight" or "false"))
        {
            throw group.Wrong(
                ["weights.actorder"],
                "be static, weight, false or null for int 4 (with others a table reorders the columns)",
                CheckpointException.Quote(order));
        }

        return size switch
        {
            32 => QuantKeys.Int4StaticGroup32,
            128 => QuantKeys.Int4StaticGroup128,
            _ => throw group.Wrong(["weights.group_size"], "be 32 or 128 for int 4", $"{size}"),
        };
    }

    private static QuantKey? Fp8Activation(ModelConfig group) => Activation(group) switch
    {
        null => null,
        ("tensor", false) => QuantKeys.Fp8StaticTensor,
        ("tensor", true) => QuantKeys.Fp8DynamicTensor,
        ("token", true) => QuantKeys.Fp8DynamicToken,
        ("group", true) => QuantKeys.Fp8DynamicGroup128,
        var (strategy, isDynamic) => throw WrongActivation(group, strategy, isDynamic),
    };

    private static QuantKey? Int8Activation(ModelConfig group) => Activation(group) switch
    {
        null => null,
        ("tensor", true) => QuantKeys.Int8DynamicTensor,
        ("token", true) => QuantKeys.Int8DynamicToken,
        var (strategy, isDynamic) => throw WrongActivation(group, strategy, isDynamic),
    };

    private static (string Strategy, bool IsDynamic)? Activation(ModelConfig group)
    {
        var strategy = group.OptionalText("input_activations.strategy") ?? "tensor";
        var isDynamic = group.OptionalBool("input_activations.dynamic") ?? false;
        return group.Has("input_activations") ? (strategy, isDynamic) : null;
    }

    private static CheckpointException WrongActivation(ModelConfig group, string strategy, bool isDynamic) =>
        group.Wrong(
            ["input_activations"],
            "be dynamic by token or tensor, or for float 8 dynamic by group or static by tensor",
            $"{(isDynamic ? "dynamic" : "static")} by {strategy}");

    private static void CheckBlock(ModelConfig section, string key, IReadOnlyList<int> block)
    {
        if (block is not [BlockSize, BlockSize])
        {
            throw section.Wrong([key], $"be [{BlockSize}, {BlockSize}]", $"[{string.Join(", ", block)}]");
        }
    }
}
