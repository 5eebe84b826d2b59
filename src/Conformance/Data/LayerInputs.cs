namespace FusedMoe.Conformance;

/// <summary>The inputs of one call, on the host.</summary>
internal sealed record LayerInputs
{
    /// <summary>Rows of the hash table.</summary>
    public const int Vocabulary = 50;

    public required HostTensor Hidden { get; init; }

    public required HostTensor Logits { get; init; }

    public required HostTensor TokenIds { get; init; }

    /// <summary>Ids a token: top-k, and one for each fused shared expert.</summary>
    public required int Slots { get; init; }

    public required int[] Ids { get; init; }

    public required float[] Weights { get; init; }

    public int Tokens => (int)Hidden.Shape[0];

    public HostTensor IdTensor() => HostTensor.FromInts(new TensorShape(Tokens, Slots), Ids);

    public HostTensor WeightTensor() =>
        HostTensor.FromFloats(DType.Float32, new TensorShape(Tokens, Slots), Weights);

    /// <summary>
    /// Rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> as a call of their own.
    /// </summary>
    public LayerInputs Rows(int start, int count)
    {
        return this with
        {
            Hidden = Hidden.Rows(start, count),
            Logits = Logits.Rows(start, count),
            TokenIds = TokenIds.Rows(start, count),
            Ids = Ids.AsSpan(start * Slots, count * Slots).ToArray(),
            Weights = Weights.AsSpan(start * Slots, count * Slots).ToArray(),
        };
    }

    /// <summary>The rows at <paramref name="order"/>.</summary>
    public LayerInputs Reorder(int[] order)
    {
        return this with
        {
            Hidden = Hidden.Gather(order),
            Logits = Logits.Gather(order),
            TokenIds = TokenIds.Gather(order),
            Ids = [.. order.SelectMany(m => Ids.AsSpan(m * Slots, Slots).ToArray())],
            Weights = [.. order.SelectMany(m => Weights.AsSpan(m * Slots, Slots).ToArray())],
        };
    }

    /// <summary>Rows from <paramref name="start"/> on hold NaN, and ids that must not be used as an index.</summary>
    public LayerInputs WithWildRowsFrom(int start)
    {
        var (hidden, logits) = (Hidden.Bytes.ToArray(), Logits.Bytes.ToArray());
        hidden.AsSpan(start * (hidden.Length / Tokens)).Fill(0xFF);
        logits.AsSpan(start * (logits.Length / Tokens)).Fill(0xFF);
        return this with
        {
            Hidden = Hidden with { Bytes = hidden },
            Logits = Logits with { Bytes = logits },
            Ids = [.. Ids.Select((id, i) => i / Slots < start ? id : i % 2 == 0 ? 0 : int.MaxValue)],
            Weights = [.. Weights.Select((w, i) => i / Slots < start ? w : float.NaN)],
        };
    }

    public static LayerInputs Draw(LayerProblem problem, LayerWeights weights)
    {
        var (layer, tokens) = (problem.Layer, problem.Tokens);
        var experts = ReferenceRouter.Experts(layer);
        var hidden = NormalSource.Of(problem.Seed, "hidden").Normals((long)tokens * layer.Shape.Hidden);
        var logits = NormalSource.Of(problem.Seed, "logits").Normals((long)tokens * experts, 1.5f);
        var ids = NormalSource.Of(problem.Seed, "ids");
        var tokenIds = Enumerable.Range(0, tokens).Select(_ => ids.Below(Vocabulary)).ToArray();
        var inputs = new LayerInputs
        {
            Hidden = HostTensor.FromFloats(layer.ActivationDType, new TensorShape(tokens, layer.Shape.Hidden), hidden),
            Logits = HostTensor.FromFloats(layer.Features.RouterLogitsDType, new TensorShape(tokens, experts), logits),
            TokenIds = HostTensor.FromInts(new TensorShape(tokens), tokenIds),
            Slots = problem.Slots,
            Ids = new int[tokens * problem.Slots],
            Weights = new float[tokens * problem.Slots],
        };
        if (problem.Ids == IdPattern.Gated)
        {
            inputs = inputs with { Logits = ReferenceLayer.ProjectLogits(layer, weights, inputs.Hidden) };
        }

        if (problem.Ids is IdPattern.Routed or IdPattern.Gated)
        {
            var routed = ReferenceRouter.Route(
                layer, inputs.Logits.ToFloats(), weights.RouterTensors.With(tokenIds));
            return inputs with { Ids = routed.Ids, Weights = [.. routed.Weights.Select(w => (float)w)] };
        }

        FillSlots(problem, inputs, ids);
        return inputs;
    }

    private static void FillSlots(LayerProblem problem, LayerInputs inputs, NormalSource source)
    {
        var experts = problem.Layer.Shape.Experts;
        var pool = problem.Ids == IdPattern.FirstHalf ? Math.Max(problem.TopK, experts / 2) : experts;
        int[] invalid = [-1, experts, int.MinValue, int.MaxValue, experts + 7];
        var same = source.Distinct(problem.TopK, pool);
        for (var m = 0; m < problem.Tokens; m++)
        {
            var row = problem.Ids == IdPattern.SameExperts ? same : source.Distinct(problem.TopK, pool);
            for (var j = 0; j < problem.TopK; j++)
            {
                var i = (m * problem.TopK) + j;
                var drop = problem.Ids == IdPattern.AllInvalid || (
                    problem.Ids == IdPattern.Invalid && source.Below(2) == 0);
                inputs.Ids[i] = drop ? invalid[source.Below(invalid.Length)] : row[j];
                inputs.Weights[i] = drop ? float.NaN : 0.05f + source.Uniform();
            }
        }
    }
}
