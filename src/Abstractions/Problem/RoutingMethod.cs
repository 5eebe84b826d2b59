namespace FusedMoe;

/// <summary>Routing methods; the numbers are shared with FlashInfer.</summary>
public enum RoutingMethod
{
    /// <summary>Softmax over all experts, then top-k.</summary>
    Default = 0,

    /// <summary>Top-k of the logits, then softmax over the k.</summary>
    Renormalize = 1,

    /// <summary>
    /// Sigmoid; bias for selection; groups scored by the sum of their two best; renormalized; scaled.
    /// </summary>
    DeepSeekV3 = 2,

    /// <summary>Top-1 of the logits, then sigmoid; used with the router weight on the input.</summary>
    Llama4 = 3,

    /// <summary>Softmax, top-k, divided by the sum of the k.</summary>
    RenormalizeNaive = 4,

    /// <summary>Top-k of raw values.</summary>
    TopK = 5,

    /// <summary>Sigmoid, top-k, divided by the sum.</summary>
    SigmoidRenorm = 6,

    /// <summary>Sigmoid, bias for selection, top-k, divided by the sum.</summary>
    MiniMax2 = 7,

    /// <summary>Sigmoid, top-k.</summary>
    Sigmoid = 8,

    /// <summary>A combination without a number: the fields of <see cref="RoutingSpec"/> say what is done.</summary>
    Unspecified = 9,

    /// <summary>sqrt(softplus(logit)); bias for selection only; renormalized; scaled.</summary>
    DeepSeekV4 = 100,

    /// <summary>A named algorithm outside the fields: <see cref="RoutingSpec.SparseMixerJitter"/>.</summary>
    Custom = 101,

    /// <summary>Ids and weights drawn at random, for benchmarks.</summary>
    Simulated = 102,
}
