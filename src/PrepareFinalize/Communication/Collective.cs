namespace FusedMoe.PrepareFinalize;

/// <summary>The collectives of <see cref="ICommunicator"/>, as one rank announces them to the others.</summary>
internal enum Collective
{
    AllGather,
    ReduceScatter,
    AllToAll,
    ExchangeHost,
    Barrier,
}
