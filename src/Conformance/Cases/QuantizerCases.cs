namespace FusedMoe.Conformance;

/// <summary>Activation quantizers against the reference.</summary>
internal static class QuantizerCases
{
    /// <summary>
    /// Elements that may lie on the other side of a rounding boundary: a reciprocal instead of a division.
    /// </summary>
    private const double MaxDiffering = 0.005;

    public static void AddTo(CaseList list, IActivationQuantizer quantizer)
    {
        foreach (var key in QuantKeys.All)
        {
            var isActivationKey = !key.Scale.IsStatic
                || key.Scale.Group == GroupShape.PerTensor
                || key.Scale.Group == GroupShape.PerToken;
            if (!isActivationKey || !quantizer.Supports(key).IsYes)
            {
                continue;
            }

            QuantizerLiveCases.AddTo(list, quantizer, key);
            foreach (var dtype in LayerVariants.ActivationTypes)
            {
                list.Add(
                    CaseGroups.Quantization,
                    $"{key.Name}-{dtype.Name()}",
                    "Elements and scales are the reference quantizer's.",
                    scope => Matches(scope, quantizer, key, dtype));
            }
        }

        list.Add(
            CaseGroups.Refusals, "keys", "Every key is quantized or refused with a reason.", _ => Refusals(quantizer));
    }

    /// <summary>Normal values with a row of zeros.</summary>
    public static HostTensor Input(CaseScope scope, DType dtype, int rows, int columns)
    {
        var values = NormalSource.Of(scope.Context.Options.Seed, $"quantizer {rows}").Normals((long)rows * columns);
        if (rows > 1)
        {
            values.AsSpan(columns, columns).Clear();
        }

        return HostTensor.FromFloats(dtype, new TensorShape(rows, columns), values);
    }

    /// <summary>Too small for the largest values, so that clamping is seen.</summary>
    public static HostTensor? StaticScale(QuantKey key, int rows)
    {
        if (!key.Scale.IsStatic && key.SecondScale is null)
        {
            return null;
        }

        var perTensor = 2.5f / (
            WeightQuantizer.MaxOf(key.Element) * (key.SecondScale is null ? 1 : NumberCodec.MaxE4M3));
        return key.Scale.IsStatic && key.Scale.Group == GroupShape.PerToken
            ? HostTensor.FromFloats(
                DType.Float32, new TensorShape(rows, 1), [.. Enumerable.Range(0, rows).Select(
                    m => perTensor * (1 + (0.01f * m)))])
            : HostTensor.FromFloats(DType.Float32, new TensorShape(1), [perTensor]);
    }

    private static string Refusals(IActivationQuantizer quantizer)
    {
        var refusals = QuantKeys.All.Select(k => (Key: k, quantizer.Supports(k).Refusal))
            .Where(r => r.Refusal is not null)
            .ToArray();
        foreach (var (key, refusal) in refusals)
        {
            RefusalCheck.Require($"quantization {key}", refusal!);
        }

        return $"{QuantKeys.All.Count} asked, {refusals.Length} refused with reasons";
    }

    private static string Matches(CaseScope scope, IActivationQuantizer quantizer, QuantKey key, DType dtype)
    {
        return string.Join("; ", new[] { (1, 256), (33, 256), (130, 128) }.Select(
            s => Matches(scope, quantizer, key, dtype, s.Item1, s.Item2)));
    }

    private static string Matches(
        CaseScope scope, IActivationQuantizer quantizer, QuantKey key, DType dtype, int rows, int columns)
    {
        var input = Input(scope, dtype, rows, columns);
        var staticScale = StaticScale(key, rows);
        var expected = ReferenceQuantizer.Quantize(input.ToFloats(), rows, columns, key, staticScale?.ToFloats());
        var scaleShape = quantizer.ScaleShape(key, rows, columns);
        if (scaleShape != expected.Scales.Shape)
        {
            throw new CaseFailedException(
                $"{key}: scale shape of [{rows}, {columns}] must be {expected.Scales.Shape}, got {scaleShape}.");
        }

        var source = scope.Upload(input);
        var output = scope.Poisoned(key.Element, new TensorShape(rows, columns));
        var scales = scope.Poisoned(key.Scale.DType, scaleShape);
        var given = staticScale is null ? TensorView.None : scope.Upload(staticScale).View;
        quantizer.Quantize(source.View, key, given, output.View, scales.View, scope.Stream);
        scope.Stream.Synchronize();
        source.RequireUnmodified("input");
        output.RequireGuards("quantized output");
        scales.RequireGuards("scales");
        return Compare(
            $"{key}, {dtype.Name()} [{rows}, {columns}]", output.ReadTensor(), scales.ReadFloats(), expected, columns);
    }

    /// <summary>An e4m3 scale of a group of zeros may be zero or the smallest subnormal.</summary>
    private static string Compare(string what, HostTensor output, float[] scales, QuantizedRows expected, int columns)
    {
        var wanted = expected.Scales.ToFloats();
        var floor = expected.Scales.DType == DType.Float8E4M3 ? MathF.ScaleB(1f, -9) : 0f;
        var badScale = Enumerable.Range(0, wanted.Length)
            .FirstOrDefault(i => !(Math.Abs(scales[i] - wanted[i]) <= Math.Max(floor, 1e-6 * wanted[i])), -1);
        if (badScale >= 0)
        {
            throw new CaseFailedException(
                $"{what}: scale {badScale} must be {wanted[badScale]:G9}, got {scales[badScale]:G9}.");
        }

        var (elements, reference) = (output.ToFloats(), expected.Elements.ToFloats());
        var differing = Enumerable.Range(0, elements.Length).Where(i => elements[i] != reference[i]).ToArray();
        var far = Array.FindIndex(
            differing, i => !(Math.Abs(elements[i] - reference[i]) <= Step(output.DType, reference[i])));
        if (far >= 0 || differing.Length > MaxDiffering * elements.Length)
        {
            var i = differing[Math.Max(far, 0)];
            throw new CaseFailedException(
                $"{what}: at most {MaxDiffering:P1} of the elements may differ, by one step; "
                + $"{differing.Length} of {elements.Length} do, "
                + $"[{i / columns}, {i % columns}] is {elements[i]} for {reference[i]}.");
        }

        return $"{differing.Length} of {elements.Length} elements a step away";
    }

    private static float Step(DType element, float value) => element switch
    {
        DType.Int8 => 1f,
        DType.Float4E2M1 => 2f,
        _ => Math.Max(MathF.ScaleB(1f, -9), Math.Abs(value) / 7f),
    };
}
