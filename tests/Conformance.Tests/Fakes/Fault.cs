namespace FusedMoe.Conformance.Tests;

/// <summary>One mistake a backend can make.</summary>
public enum Fault
{
    None,
    IgnoresTheLimit,
    WeightsTwice,
    WritesItsInput,
    LeavesRowsUnwritten,
    TrustsIds,
    Allocates,
    ExceedsItsWorkspace,
    IsNotRepeatable,
    LeaksBadRows,
    DependsOnTheBatch,
    ShrinksItsWorkspace,
    IgnoresTheMap,
    RefusesWithoutReason,
    ThrowsInAQuery,
    ThrowsForADevice,
    WeightsOnInputToo,
    IgnoresTheBias,
    WrongFloat16,
    WrongConfiguration,
    TakesAnyBias,
    TakesAnyCall,
    TakesAnyDevice,
    ForgetsWhatIsWanted,
    ThrowsAnotherError,
}
