namespace FusedMoe.Runtime;

/// <summary>Refuses wrong arguments of a call before anything runs. Allocates only when it throws.</summary>
internal sealed class CallChecks(KernelFacts facts)
{
    /// <summary>Checks every tensor of a call.</summary>
    /// <exception cref="ArgumentException">Names the tensor, what it must be and what it is.</exception>
    public void Check(in MoeKernelCall call)
    {
        var hidden = call.HiddenStates;
        var rows = hidden.Shape.Rank == 2 ? hidden.Shape[0] : -1;
        if (rows < 0 || rows > facts.MaxTokens)
        {
            throw Wrong(
                "hidden states", facts.Layer.ActivationDType, $"[0 to {facts.MaxTokens}, {facts.Shape.Hidden}]", hidden);
        }

        var tokens = new TensorShape(rows, facts.Shape.Hidden);
        Require(hidden, "hidden states", facts.Layer.ActivationDType, tokens);
        Require(call.Output, "output", facts.Layer.ActivationDType, tokens);
        if (Overlap(hidden, call.Output))
        {
            throw new ArgumentException(
                $"output must not overlap the hidden states, got {call.Output} at the same memory; give it its own.");
        }

        CheckRouting(call, rows);
        Optional(call.SharedExpertsInput, "shared experts' input", facts.Layer.ActivationDType, tokens);
        if (!call.ValidTokens.IsNone)
        {
            Require(call.ValidTokens, "valid tokens", DType.Int32, new TensorShape(1));
        }

        if (call.TokensHint < 0)
        {
            throw new ArgumentException($"tokens hint must be 0 (all rows) or more, got {call.TokensHint}.");
        }

        if (call.Lora is not null && facts.Problem.Deployment.Lora is null)
        {
            throw new ArgumentException("LoRA adapters must be absent, got some; compose the layer with DeploymentSpec.Lora.");
        }
    }

    private void CheckRouting(in MoeKernelCall call, long rows)
    {
        if (call.TopKIds.IsNone != call.TopKWeights.IsNone)
        {
            throw new ArgumentException(
                $"top-k weights must be given exactly when top-k ids are, "
                + $"got ids {call.TopKIds} and weights {call.TopKWeights}.");
        }

        if (!call.TopKIds.IsNone)
        {
            CheckIds(call, rows);
            return;
        }

        if (!facts.IsMonolithic && !facts.HasRouter)
        {
            throw new ArgumentException("top-k ids must be given because the plan has no router, got none.");
        }

        Optional(
            call.RouterLogits, "router logits", facts.Layer.Features.RouterLogitsDType, new TensorShape(rows, facts.Logits));
        if (call.RouterLogits.IsNone && facts.Weights.Gate.IsNone)
        {
            throw new ArgumentException("router logits must be given because the layer has no gate weight, got none.");
        }

        CheckRoutingTables(call, rows);
    }

    private void CheckIds(in MoeKernelCall call, long rows)
    {
        if (facts.IsMonolithic)
        {
            throw new ArgumentException(
                $"top-k ids must be absent because the experts route inside, got {call.TopKIds}; give router logits.");
        }

        if (!call.RouterLogits.IsNone)
        {
            throw new ArgumentException($"router logits must be absent when top-k ids are given, got {call.RouterLogits}.");
        }

        var shape = new TensorShape(rows, facts.Shape.TopK);
        Require(call.TopKIds, "top-k ids", facts.IdsDType, shape);
        Require(call.TopKWeights, "top-k weights", DType.Float32, shape);
    }

    private void CheckRoutingTables(in MoeKernelCall call, long rows)
    {
        var routing = facts.Problem.RouterLayer.Routing;
        if (routing.HasCorrectionBias && facts.Weights.CorrectionBias.IsNone)
        {
            throw new ArgumentException("correction bias of the layer must be given because its routing has one, got none.");
        }

        if (!routing.HasHashTable)
        {
            return;
        }

        if (facts.Weights.HashTable.IsNone)
        {
            throw new ArgumentException("hash table of the layer must be given because its routing looks ids up, got none.");
        }

        Require(call.TokenIds, "token ids", DType.Int32, new TensorShape(rows));
    }

    private void Optional(TensorView tensor, string name, DType dtype, TensorShape shape)
    {
        if (!tensor.IsNone)
        {
            Require(tensor, name, dtype, shape);
        }
    }

    private void Require(TensorView tensor, string name, DType dtype, TensorShape shape)
    {
        if (tensor.DType != dtype || tensor.Shape != shape || tensor.Device != facts.Device)
        {
            throw Wrong(name, dtype, shape.ToString(), tensor);
        }

        if (!tensor.IsContiguous)
        {
            throw new ArgumentException($"{name} must be contiguous, got {tensor} with strides {tensor.Strides}.");
        }
    }

    private ArgumentException Wrong(string name, DType dtype, string shape, TensorView tensor) =>
        new($"{name} must be {dtype.Name()} {shape} on {facts.Device}, got {tensor}.");

    private static bool Overlap(TensorView a, TensorView b) =>
        a.Elements > 0 && b.Elements > 0 && a.Pointer < b.Pointer + (nint)b.Bytes && b.Pointer < a.Pointer + (nint)a.Bytes;
}
