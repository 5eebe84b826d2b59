namespace FusedMoe.Runtime;

/// <summary>The words for kinds of stages in messages.</summary>
internal static class StageWords
{
    /// <summary><c>router</c>, <c>prepare/finalize</c> or <c>experts</c>.</summary>
    public static string Of(StageKind kind) => kind switch
    {
        StageKind.Router => "router",
        StageKind.PrepareFinalize => "prepare/finalize",
        _ => "experts",
    };
}
