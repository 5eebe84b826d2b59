using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Gate projection, accumulation and identity experts on a GPU.</summary>
internal sealed class CudaLayerOps(CudaLauncher launcher, CudaElementwise elementwise) : ILayerOps
{
    private const string Few = "sm80_any_projection_few";
    private const string Many = "sm80_any_projection_many";

    // Up to here there are too few warps when each takes several tokens and experts.
    private const int FewTokens = 4;

    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public void ProjectLogits(
        TensorView hidden, TensorView weight, TensorView bias, TensorView logits, IComputeStream stream)
    {
        LayerOpsRules.CheckProjection(hidden, weight, bias, logits);
        var (tokens, columns, experts) = (hidden.Shape[0], hidden.Shape[1], weight.Shape[0]);
        var args = new ProjectionArgs
        {
            hidden = CudaTensors.Activation(hidden, "hidden states"),
            weight = CudaTensors.Activation(weight, "gate"),
            bias = bias.IsNone ? 0 : CudaTensors.Activation(bias, "gate bias"),
            logits = CudaTensors.Activation(logits, "router logits"),
            tokens = (int)tokens,
            experts = (int)experts,
            columns = (int)columns,
            hidden_dtype = (int)hidden.DType,
            weight_dtype = (int)weight.DType,
            bias_dtype = (int)bias.DType,
            logits_dtype = (int)logits.DType,
        };
        var kernel = launcher.Kernel(tokens <= FewTokens ? Few : Many, stream);
        var (perToken, perExpert) = (kernel.Entry.Constant("tokens_per_block"), kernel.Entry.Constant("experts_per_block"));
        var grid = new KernelLaunch((args.experts + perExpert - 1) / perExpert, (args.tokens + perToken - 1) / perToken);
        launcher.Launch(kernel, args, grid, stream);
    }

    public void Accumulate(TensorView target, TensorView addend, TensorView validTokens, IComputeStream stream) =>
        elementwise.Accumulate(target, addend, validTokens, stream);

    public void AddIdentity(in IdentityCall call, IComputeStream stream) => elementwise.AddIdentity(call, stream);
}
