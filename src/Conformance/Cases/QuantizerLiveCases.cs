namespace FusedMoe.Conformance;

/// <summary>Activation quantizers that are bounded by the live rows of blocks.</summary>
internal static class QuantizerLiveCases
{
    private const int Rows = 5;
    private const int Columns = 256;
    private static readonly int[] Counts = [0, Rows, 2, 3];

    public static void AddTo(CaseList list, IActivationQuantizer quantizer, QuantKey key)
    {
        // A computed scale over some rows of several experts has no meaning once rows moved.
        if (key.Scale.IsStatic || key.Scale.Group.Rows <= 1)
        {
            list.Add(
                CaseGroups.Quantization,
                $"{key.Name}-live",
                "Live rows of blocks have the bits of their quantization alone; dead rows and their scales keep theirs.",
                scope => LeavesDeadRows(scope, quantizer, key));
        }
    }

    private static string LeavesDeadRows(CaseScope scope, IActivationQuantizer quantizer, QuantKey key)
    {
        var rows = Counts.Length * Rows;
        var live = Enumerable.Range(0, rows).Where(r => r % Rows < Counts[r / Rows]).ToArray();
        var input = scope.Upload(Input(scope, rows, live));
        var staticScale = QuantizerCases.StaticScale(key, rows);
        var output = scope.Poisoned(key.Element, input.View.Shape);
        var scales = scope.Poisoned(key.Scale.DType, quantizer.ScaleShape(key, rows, Columns));
        var (poison, scalePoison) = (output.Read(), scales.Read());
        var (elements, liveScales) = Alone(scope, quantizer, key, live);
        var blocks = new TensorShape(Counts.Length, Rows, Columns);
        quantizer.Quantize(
            new QuantizationCall
            {
                Key = key,
                Input = input.View.Reshape(blocks),
                StaticScale = staticScale is null ? TensorView.None : scope.Upload(staticScale).View,
                Output = output.View.Reshape(blocks),
                Scales = scales.View,
                LiveRows = scope.Upload(HostTensor.FromInts(new TensorShape(Counts.Length), Counts)).View,
            },
            scope.Stream);
        scope.Stream.Synchronize();
        input.RequireUnmodified("input");
        output.RequireGuards("quantized output");
        scales.RequireGuards("scales");
        Compare($"{key} elements", output.Read(), elements, live, poison);
        if (key.Scale.Group.Rows == 1)
        {
            Compare($"{key} scales", scales.Read(), liveScales, live, scalePoison);
        }
        else if (!scales.Read().AsSpan().SequenceEqual(liveScales))
        {
            throw new CaseFailedException(
                $"{key}: the scale of all live rows must be {Convert.ToHexString(liveScales)}, "
                + $"got {Convert.ToHexString(scales.Read())}.");
        }

        return $"{live.Length} of {rows} rows written";
    }

    // Dead rows hold the largest finite bf16, which would spoil a scale that saw them.
    private static HostTensor Input(CaseScope scope, int rows, int[] live)
    {
        var input = QuantizerCases.Input(scope, DType.BFloat16, rows, Columns);
        var rowBytes = input.Bytes.Length / rows;
        foreach (var dead in Enumerable.Range(0, rows).Except(live))
        {
            input.Bytes.AsSpan(dead * rowBytes, rowBytes).Fill(0x7F);
        }

        return input;
    }

    private static (byte[] Elements, byte[] Scales) Alone(
        CaseScope scope, IActivationQuantizer quantizer, QuantKey key, int[] live)
    {
        var rows = Counts.Length * Rows;
        var input = scope.Upload(QuantizerCases.Input(scope, DType.BFloat16, rows, Columns).Gather(live));
        var staticScale = QuantizerCases.StaticScale(key, rows);
        staticScale = staticScale?.Shape[0] == rows ? staticScale.Gather(live) : staticScale;
        var output = scope.Poisoned(key.Element, input.View.Shape);
        var scales = scope.Poisoned(key.Scale.DType, quantizer.ScaleShape(key, live.Length, Columns));
        var given = staticScale is null ? TensorView.None : scope.Upload(staticScale).View;
        quantizer.Quantize(input.View, key, given, output.View, scales.View, scope.Stream);
        scope.Stream.Synchronize();
        return (output.Read(), scales.Read());
    }

    private static void Compare(string what, byte[] actual, byte[] alone, int[] live, byte[] poison)
    {
        var rowBytes = actual.Length / (Counts.Length * Rows);
        for (var i = 0; i < actual.Length; i++)
        {
            var row = i / rowBytes;
            var place = Array.IndexOf(live, row);
            var expected = place >= 0 ? alone[(place * rowBytes) + (i % rowBytes)] : poison[i];
            if (actual[i] != expected)
            {
                throw new CaseFailedException(
                    $"{what}: byte {i} of {(place >= 0 ? "live" : "dead")} row {row} must be {expected}, got {actual[i]}.");
            }
        }
    }
}
