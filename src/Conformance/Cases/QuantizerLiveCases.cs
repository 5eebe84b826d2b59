namespace FusedMoe.Conformance;

/// <summary>Activation quantizers that are bounded by the live rows of blocks.</summary>
internal static class QuantizerLiveCases
{
    private const int Rows = 5;
    private const int Columns = 256;
    private static readonly int[] Counts = [0, Rows, 2, 3];

    public static void AddTo(CaseList list, IActivationQuantizer quantizer, QuantKey key)
    {
        // A computed scale over rows of several experts has no meaning once rows moved.
        if (key.Scale.IsStatic || key.Scale.Group.Rows == 1)
        {
            list.Add(
                CaseGroups.Quantization,
                $"{key.Name}-live",
                "Live rows of blocks have the bits of all rows' quantization; dead rows and their scales keep theirs.",
                scope => LeavesDeadRows(scope, quantizer, key));
        }
    }

    private static string LeavesDeadRows(CaseScope scope, IActivationQuantizer quantizer, QuantKey key)
    {
        var rows = Counts.Length * Rows;
        var input = scope.Upload(QuantizerCases.Input(scope, DType.BFloat16, rows, Columns));
        var staticScale = QuantizerCases.StaticScale(key, rows);
        var given = staticScale is null ? TensorView.None : scope.Upload(staticScale).View;
        var scaleShape = quantizer.ScaleShape(key, rows, Columns);
        var (output, all) = (Poisoned(key.Element, input.View.Shape), Poisoned(key.Element, input.View.Shape));
        var (scales, allScales) = (Poisoned(key.Scale.DType, scaleShape), Poisoned(key.Scale.DType, scaleShape));
        var (poison, scalePoison) = (output.Read(), scales.Read());
        quantizer.Quantize(input.View, key, given, all.View, allScales.View, scope.Stream);
        var blocks = new TensorShape(Counts.Length, Rows, Columns);
        quantizer.Quantize(
            new QuantizationCall
            {
                Key = key,
                Input = input.View.Reshape(blocks),
                StaticScale = given,
                Output = output.View.Reshape(blocks),
                Scales = scales.View,
                LiveRows = scope.Upload(HostTensor.FromInts(new TensorShape(Counts.Length), Counts)).View,
            },
            scope.Stream);
        scope.Stream.Synchronize();
        input.RequireUnmodified("input");
        output.RequireGuards("quantized output");
        scales.RequireGuards("scales");
        Compare($"{key} elements", output.Read(), all.Read(), poison);
        Compare($"{key} scales", scales.Read(), allScales.Read(), key.Scale.Group.Rows == 1 ? scalePoison : null);
        return $"{Counts.Sum()} of {rows} rows written";

        DeviceTensor Poisoned(DType dtype, TensorShape shape) => scope.Poisoned(dtype, shape);
    }

    // Without poison there is one scale, which every live row has.
    private static void Compare(string what, byte[] actual, byte[] live, byte[]? dead)
    {
        var rows = Counts.Length * Rows;
        var rowBytes = actual.Length / rows;
        for (var i = 0; i < actual.Length; i++)
        {
            var row = dead is null ? Rows : i / rowBytes;
            var isLive = row % Rows < Counts[row / Rows];
            var expected = isLive ? live[i] : dead![i];
            if (actual[i] != expected)
            {
                throw new CaseFailedException(
                    $"{what}: byte {i} of {(isLive ? "live" : "dead")} row {row} must be {expected}, got {actual[i]}.");
            }
        }
    }
}
