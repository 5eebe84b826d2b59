namespace FusedMoe.PrepareFinalize;

/// <summary>How far a lane has come; each step is legal in one state only.</summary>
internal enum LaneState
{
    Idle,
    Preparing,
    Arrived,
    Prepared,
    Finalizing,
    Returned,
}
