namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Writes the ids and weights that it was made with.</summary>
internal sealed class FixedRouter(IRouterDescriptor descriptor, int[] ids, float[] weights) : IRouter
{
    public IRouterDescriptor Descriptor => descriptor;

    public void Route(in RouteCall call, IComputeStream stream)
    {
        ids.CopyTo(call.TopKIds.AsSpan<int>());
        weights.CopyTo(call.TopKWeights.AsSpan<float>());
    }

    public void Dispose()
    {
    }
}
