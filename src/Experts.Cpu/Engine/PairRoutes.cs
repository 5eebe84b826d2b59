using System.Runtime.CompilerServices;

namespace FusedMoe.Experts.Cpu;

/// <summary>Which local expert each (token, slot) pair goes to.</summary>
internal readonly unsafe ref struct PairRoutes
{
    private readonly int* _ids;
    private readonly int* _map;
    private readonly int _globalExperts;
    private readonly int _localExperts;

    /// <summary>Routes of dense int32 ids; an absent map means that global ids are local ones.</summary>
    public PairRoutes(nint ids, TensorView map, int globalExperts, int localExperts)
    {
        _ids = (int*)ids;
        _map = (int*)map.Pointer;
        _globalExperts = globalExperts;
        _localExperts = localExperts;
    }

    /// <summary>
    /// The local expert of pair m·k + slot, or -1 when it is not here: an id is checked before it is an index.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Local(int pair)
    {
        var id = _ids[pair];
        if ((uint)id >= (uint)_globalExperts)
        {
            return -1;
        }

        var local = _map == null ? id : _map[id];
        return (uint)local < (uint)_localExperts ? local : -1;
    }
}
