namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Offers <see cref="FakeRouter"/>.</summary>
internal sealed class FakeRouterDescriptor(string name = "topk", CallLog? log = null)
    : FakeStage(name, StageKind.Router), IRouterDescriptor
{
    public IRouter Create(StageContext context) => new FakeRouter(this, context.Layer, log ?? new CallLog());
}
