namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// Lays out the experts, or the shared experts, of one rank as <see cref="ExpertWeights"/> describes.
/// </summary>
internal sealed class ExpertWeightsLoader
{
    private readonly TensorLoader _tensors;
    private readonly StoredExperts _stored;
    private readonly ExpertRange _range;
    private readonly ParallelSpec _parallel;
    private readonly IReadOnlyList<MatrixPart> _first;
    private readonly IReadOnlyList<MatrixPart> _second;

    public ExpertWeightsLoader(
        TensorLoader tensors, StoredExperts stored, bool isInterleaved, ExpertRange range, ParallelSpec parallel)
    {
        (_tensors, _stored, _range, _parallel) = (tensors, stored, range, parallel);
        var (share, rest) = Math.DivRem(stored.Intermediate, parallel.TpSize);
        if (rest != 0)
        {
            throw new ArgumentException(
                $"tensor-parallel size must divide the intermediate size {stored.Intermediate}, "
                + $"got {parallel.TpSize}; choose a divisor.");
        }

        var start = share * parallel.TpRank;
        _first = ExpertParts.First(stored, isInterleaved, start, share);
        _second = ExpertParts.Second(stored, start, share);
    }

    /// <summary>Loads everything.</summary>
    /// <param name="inputScales">True to load the given scales of the inputs.</param>
    /// <exception cref="CheckpointException">A tensor is missing or does not fit config.json.</exception>
    public ExpertWeights Load(bool inputScales)
    {
        var scheme = _stored.Scheme;
        var isPacked = scheme.Storage is WeightStorage.Mxfp4 or WeightStorage.PackedInt4;
        var element = isPacked ? scheme.Weight!.Element : (DType?)null;
        var weights = new ExpertWeights
        {
            W13 = _tensors.Stack(_stored, _first, scheme.ElementsOf, _range, element, "w13"),
            W2 = _tensors.Stack(_stored, _second, scheme.ElementsOf, _range, element, "w2"),
        };
        if (scheme.Storage != WeightStorage.Plain)
        {
            weights = weights with { W13Scale = Scales(_first, "w13 scales"), W2Scale = Scales(_second, "w2 scales") };
        }

        if (_stored.HasBias)
        {
            weights = weights with { W13Bias = Bias(_first, "w13 bias"), W2Bias = OutputBias() };
        }

        return inputScales && scheme.HasInputScales
            ? weights with { A13Scale = InputScale(_first, "a13 scale"), A2Scale = InputScale(_second, "a2 scale") }
            : weights;
    }

    /// <summary>
    /// The same with one bias of the layer's output on every expert: router weights that sum to 1 give it back.
    /// </summary>
    /// <exception cref="CheckpointException">The bias is missing or does not fit config.json.</exception>
    public ExpertWeights WithOutputBias(ExpertWeights weights, string name)
    {
        var rows = (int)weights.W13.Shape[1];
        var bias = new float[_range.Count * _stored.Hidden];
        if (_parallel.TpRank == 0)
        {
            var once = TensorLoader.ReadFloats(_stored.Files, name, _stored.Hidden);
            for (var expert = 0; expert < _range.Count; expert++)
            {
                once.CopyTo(bias, expert * _stored.Hidden);
            }
        }

        return weights with
        {
            W13Bias = _tensors.Upload(new float[_range.Count * rows], new(_range.Count, rows), "w13 bias"),
            W2Bias = _tensors.Upload(bias, new(_range.Count, _stored.Hidden), "w2 bias"),
        };
    }

    private TensorView Scales(IReadOnlyList<MatrixPart> parts, string purpose)
    {
        var scheme = _stored.Scheme;
        var scaled = parts.Select(p => p.Scales(scheme.Block) ?? throw Cut()).ToArray();
        if (scheme.Storage == WeightStorage.Mxfp4)
        {
            return _tensors.Stack(_stored, scaled, scheme.ScalesOf, _range, DType.Float8E8M0, purpose);
        }

        var scales = _tensors.StackFloats(_stored, scaled, scheme.ScalesOf, _range, purpose);
        return scheme.Storage == WeightStorage.ChannelScaled
            ? scales.Reshape(new(scales.Shape[0], scales.Shape[1]))
            : scales;
    }

    private CheckpointException Cut()
    {
        var (rows, columns) = _stored.Scheme.Block;
        return CheckpointException.Must(_stored.Files.Folder, "the intermediate size of one rank",
            $"be a multiple of {Math.Max(rows, columns)} for {_stored.Scheme.Weight}",
            $"{_stored.Intermediate / _parallel.TpSize}",
            "lower the tensor-parallel size or choose an unquantized checkpoint");
    }

    private TensorView Bias(IReadOnlyList<MatrixPart> parts, string purpose)
    {
        var vectors = parts.Select(VectorOf).ToArray();
        var bias = _tensors.StackFloats(_stored, vectors, WeightScheme.BiasOf, _range, purpose);
        return bias.Reshape(new(bias.Shape[0], bias.Shape[1]));
    }

    // NOTE: ranks' outputs are summed; a bias on every rank would count several times.
    private TensorView OutputBias() => _parallel.TpRank == 0
        ? Bias(_second, "w2 bias")
        : _tensors.Upload(new float[_range.Count * _stored.Hidden], new(_range.Count, _stored.Hidden), "w2 bias");

    /// <summary>One scale serves all experts of a product, so it is the largest that any of them has.</summary>
    private TensorView InputScale(IReadOnlyList<MatrixPart> parts, string purpose)
    {
        var largest = 0f;
        foreach (var source in parts.Select(p => p.Source))
        {
            for (var expert = 0; expert < _stored.Experts; expert++)
            {
                var view = _stored.Files.View($"{_stored.Prefix}.{WeightScheme.InputScaleOf(source.NameOf(expert))}");
                for (long i = 0; i < view.Elements; i++)
                {
                    largest = MathF.Max(largest, FloatReader.At(view, i));
                }
            }
        }

        return _tensors.Upload([largest], new(1), purpose);
    }

    private static MatrixPart VectorOf(MatrixPart part) =>
        new(part.Source with { IsTransposed = false }, part.Rows, 1, part.RowStart, part.RowCount, 0, 1);
}
