namespace FusedMoe;

/// <summary>Facts about a router that hold before one is constructed.</summary>
public interface IRouterDescriptor : IStageDescriptor
{
    /// <summary>Creates the router of a layer.</summary>
    IRouter Create(StageContext context);
}
