namespace FusedMoe.Conformance;

/// <summary>What a router promises beside its formulas.</summary>
internal static class RouterPromiseCases
{
    public static void AddTo(CaseList list, IRouterDescriptor router, LayerProblem problem)
    {
        list.Add(CaseGroups.Shape, "one-token", "One token is routed.", scope =>
            RouterCases.Matches(scope, router, problem with { Tokens = 1 }, DType.Int32));
        list.Add(CaseGroups.Shape, "many-tokens", "More tokens than any tile are routed.", scope =>
            RouterCases.Matches(scope, router, problem with { Tokens = 300 }, DType.Int32));
        list.Add(CaseGroups.DataType, "ids-int64", "Ids may be 64 bits wide for transports that ask for them.", scope =>
            RouterCases.Matches(scope, router, problem, DType.Int64));
        list.Add(
            CaseGroups.Routing, "ties", "Equal logits go to the lower ids.", scope => Ties(scope, router, problem));
        list.Add(
            CaseGroups.Containment,
            "nan-row",
            "A row of NaN logits changes no other row.",
            scope => BadRow(scope, router, problem));
        list.Add(
            CaseGroups.ValidTokens,
            "rows-beyond-the-count",
            "Rows beyond the count get id -1 and weight 0.",
            scope => ValidTokens(scope, router, problem));
        list.Add(
            CaseGroups.Repeatability,
            "same-bits",
            "Calls repeat bit for bit.",
            scope => Repeat(scope, router, problem));
        list.Add(CaseGroups.BatchInvariance, "rows-alone", "Where claimed, a row is routed the same alone.", scope =>
            RowsAlone(scope, router, problem));
        list.Add(CaseGroups.Allocation, "managed-heap", "A call allocates nothing on the managed heap.", scope =>
            Allocation(scope, router, problem));
        var hash = RoutingSpec.For(RoutingMethod.DeepSeekV4) with { HasHashTable = true, HasCorrectionBias = false };
        if (RouterCases.Claimed(list.Context, router, hash, problem.Layer.Shape) is { } hashed)
        {
            list.Add(
                CaseGroups.ExpertIds,
                "hash-outside-the-table",
                "Token ids outside the hash table give expert -1.",
                scope => HashOutside(scope, router, hashed));
        }
    }

    private static LayerInputs Inputs(CaseScope scope, LayerProblem problem) =>
        scope.Context.Problems.Inputs(problem with { Ids = IdPattern.Random });

    private static string Ties(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        var inputs = Inputs(scope, problem);
        var equal = Enumerable.Repeat(0.25f, (int)inputs.Logits.Elements).ToArray();
        var tied = inputs with { Logits = HostTensor.FromFloats(inputs.Logits.DType, inputs.Logits.Shape, equal) };
        var (ids, _) = new DirectRouter(scope, router, problem, tied, DType.Int32).Run();
        var bad = Enumerable.Range(0, ids.Length).FirstOrDefault(i => ids[i] != i % problem.TopK, -1);
        return bad < 0
            ? "ids 0, 1, 2 … for equal logits"
            : throw new CaseFailedException(
                $"router {router.Name}: expert at [{bad / problem.TopK}, {bad % problem.TopK}] of equal logits "
                + $"must be {bad % problem.TopK}, got {ids[bad]}.");
    }

    private static string BadRow(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        var inputs = Inputs(scope, problem);
        var bytes = inputs.Logits.Bytes.ToArray();
        bytes.AsSpan(0, bytes.Length / inputs.Tokens).Fill(0xFF);
        var bad = inputs with { Logits = inputs.Logits with { Bytes = bytes } };
        return RouterCases.Matches(scope, router, problem, bad, DType.Int32, firstToken: 1);
    }

    private static string ValidTokens(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        const int Valid = 9;
        var inputs = Inputs(scope, problem).WithWildRowsFrom(Valid);
        var direct = new DirectRouter(scope, router, problem, inputs, DType.Int32);
        direct.Inputs.ValidTokens.Write(HostTensor.FromInts(new TensorShape(1), [Valid]).Bytes);
        var (ids, weights) = direct.Run(usesValidTokens: true);
        var live = Valid * problem.TopK;
        var bad = Enumerable.Range(live, ids.Length - live).FirstOrDefault(i => ids[i] != -1 || weights[i] != 0, -1);
        if (bad >= 0)
        {
            throw new CaseFailedException(
                $"router {router.Name}: row {bad / problem.TopK} beyond {Valid} live rows must get id -1 and weight 0, "
                + $"got {ids[bad]} and {weights[bad]}.");
        }

        var expected = RouterCases.Expected(scope, problem, inputs.Rows(0, Valid));
        return RouterCheck.Require(
            $"router {router.Name}, {Valid} of {problem}", problem.Layer, expected, ids[..live], weights[..live]);
    }

    private static string Repeat(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        var direct = new DirectRouter(scope, router, problem, Inputs(scope, problem), DType.Int32);
        var first = direct.Run();
        for (var i = 0; i < 4; i++)
        {
            var next = direct.Run();
            if (!next.Ids.SequenceEqual(first.Ids) || !next.Weights.SequenceEqual(first.Weights))
            {
                throw new CaseFailedException(
                    $"router {router.Name}, {problem}: call {i + 2} must give the bits of the first, got others.");
            }
        }

        return "5 calls, equal bits";
    }

    private static string RowsAlone(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        if (router.SupportsBatchInvariance().Refusal is { } refusal)
        {
            throw new CaseNotApplicableException(refusal.ToString(), refusal);
        }

        var (inputs, topK) = (Inputs(scope, problem), problem.TopK);
        var whole = new DirectRouter(scope, router, problem, inputs, DType.Int32).Run();
        foreach (var row in new[] { 0, 5, inputs.Tokens - 1 })
        {
            var alone = new DirectRouter(scope, router, problem, inputs.Rows(row, 1), DType.Int32).Run();
            if (!whole.Ids.AsSpan(row * topK, topK).SequenceEqual(alone.Ids)
                || !whole.Weights.AsSpan(row * topK, topK).SequenceEqual(alone.Weights))
            {
                throw new CaseFailedException(
                    $"router {router.Name}, {problem}: row {row} alone must be routed as in the batch, got otherwise.");
            }
        }

        return "rows alone, equal bits";
    }

    private static string Allocation(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        var direct = new DirectRouter(scope, router, problem, Inputs(scope, problem), DType.Int32);
        var call = direct.Call();
        for (var i = 0; i < 3; i++)
        {
            direct.Enqueue(call);
        }

        // The runtime itself may allocate now and then; a call that allocates does so every time.
        var bytes = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            direct.Enqueue(call);
            bytes = Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        scope.Stream.Synchronize();
        return bytes == 0
            ? "0 bytes a call after warming up"
            : throw new CaseFailedException($"router {router.Name}: a call must allocate 0 bytes, got {bytes}.");
    }

    private static string HashOutside(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        var inputs = Inputs(scope, problem);
        int[] wild = [-1, LayerInputs.Vocabulary, int.MaxValue, int.MinValue];
        var tokens = inputs.TokenIds.ToInts();
        wild.CopyTo(tokens, 0);
        var outside = inputs with { TokenIds = HostTensor.FromInts(inputs.TokenIds.Shape, tokens) };
        return RouterCases.Matches(scope, router, problem, outside, DType.Int32);
    }
}
