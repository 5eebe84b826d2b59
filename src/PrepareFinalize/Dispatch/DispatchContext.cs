using System.Runtime.ExceptionServices;
using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// What the lanes of one layer share: its sizes, the ranks, the owners of experts, and the host exchange through which
/// a failure on one rank becomes an error on all of them instead of a wait without end.
/// </summary>
internal sealed class DispatchContext : IDisposable
{
    private static readonly string[] Facts =
        ["max tokens", "hidden size", "top-k", "activation type", "activation quantization"];

    private readonly StageContext _stage;
    private readonly ITopKWeightAndReduceProvider _strategies;
    private readonly ITopKWeightAndReduce?[] _made = new ITopKWeightAndReduce?[4];
    private readonly InProcessCommunicatorGroup? _alone;
    private readonly int[] _mine;
    private readonly int[] _all;
    private bool _acquainted;

    /// <exception cref="ArgumentException">
    /// The communicator is missing or of another group size or rank, or the expert map is wrong.
    /// </exception>
    public DispatchContext(
        StageContext stage,
        IEnumerable<IActivationQuantizer> quantizers,
        IEnumerable<ITopKWeightAndReduceProvider> strategies)
    {
        _stage = stage;
        var parallel = stage.Deployment.Parallel;
        _alone = parallel.UsesAllToAll ? null : new InProcessCommunicatorGroup(1);
        Communicator = (_alone is null ? stage.Communicator : _alone[0])
            ?? throw new ArgumentException(
                $"A communicator of {parallel.EpSize} ranks must be given for all-to-all {parallel.AllToAll}, got none.");
        if (_alone is null && (Communicator.Size != parallel.EpSize || Communicator.Rank != parallel.EpRank))
        {
            throw new ArgumentException(
                $"The communicator must be rank {parallel.EpRank} of {parallel.EpSize}, "
                + $"got rank {Communicator.Rank} of {Communicator.Size}.");
        }

        _strategies = strategies.FirstOrDefault(s => s.DeviceKind == DeviceKind.Cpu)
            ?? throw new ArgumentException("A weight-and-reduce provider must be registered for the cpu, got none.");
        Owners = new ExpertOwners(stage);
        Quantization = new InputQuantization(stage.Layer.Quant.Activation, quantizers, Hidden);
        Pool = WorkerPool.Of(stage.Device);
        _mine = new int[Ranks + 1];
        _all = new int[Ranks * (Ranks + 1)];
    }

    public ICommunicator Communicator { get; }

    public ExpertOwners Owners { get; }

    public InputQuantization Quantization { get; }

    public WorkerPool Pool { get; }

    public int Ranks => Communicator.Size;

    public int Rank => Communicator.Rank;

    public int MaxTokens => _stage.Deployment.MaxTokens;

    public int Hidden => _stage.Layer.Shape.Hidden;

    public int TopK => _stage.Layer.Shape.TopK;

    public int LocalExperts => _stage.LocalExperts;

    public DType ActivationDType => _stage.Layer.ActivationDType;

    public bool RouterWeightOnInput => _stage.Layer.Features.RouterWeightOnInput;

    /// <summary>
    /// True when the ranks are those of the deployment, so that combining adds up everything there is to add.
    /// </summary>
    public bool SpansAllRanks => _alone is null;

    /// <summary>Most ranks that one token can go to.</summary>
    public int FanOut => Math.Min(Ranks, TopK);

    /// <summary>Most rows that can arrive when this rank brings <paramref name="tokens"/>.</summary>
    public int Capacity(int tokens) => checked(tokens + ((Ranks - 1) * MaxTokens));

    /// <summary>The strategy for <paramref name="spec"/>; made once.</summary>
    public ITopKWeightAndReduce Strategy(WeightAndReduceSpec spec)
    {
        ref var made = ref _made[(int)spec.Kind];
        return made?.Spec == spec ? made : made = _strategies.Create(spec, _stage.Device);
    }

    /// <summary>
    /// On the first call: checks that all ranks were built for the same layer and learns who owns which expert.
    /// </summary>
    /// <exception cref="ArgumentException">They were not; the same on every rank.</exception>
    public void Acquaint()
    {
        if (_acquainted)
        {
            return;
        }

        int[] mine = [MaxTokens, Hidden, TopK, (int)ActivationDType, IndexOf(Quantization.Key), .. Owners.Own];
        var all = new int[mine.Length * Ranks];
        Communicator.ExchangeHost(mine, all);
        for (var rank = 1; rank < Ranks; rank++)
        {
            for (var i = 0; i < Facts.Length; i++)
            {
                var (first, other) = (all[i], all[(rank * mine.Length) + i]);
                if (first != other)
                {
                    throw new ArgumentException(
                        $"The {Facts[i]} must be the same on all ranks, "
                        + $"got {Word(i, first)} on rank 0 and {Word(i, other)} on rank {rank}.");
                }
            }
        }

        Owners.Learn(all, Facts.Length, mine.Length);
        _acquainted = true;
    }

    /// <summary>
    /// Tells every rank one number and hears one from each, or throws on all ranks when one of them could not start the
    /// step.
    /// </summary>
    /// <param name="step">The step, for the error.</param>
    /// <param name="failure">Why this rank could not start; null when it did.</param>
    /// <param name="told">The number for each rank.</param>
    /// <param name="heard">The number from each rank.</param>
    /// <exception cref="InvalidOperationException">Another rank could not start.</exception>
    public void Exchange(string step, Exception? failure, ReadOnlySpan<int> told, Span<int> heard)
    {
        _mine[0] = failure is null ? 0 : 1;
        told.CopyTo(_mine.AsSpan(1));
        Communicator.ExchangeHost(_mine, _all);
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        for (var rank = 0; rank < Ranks; rank++)
        {
            var row = _all.AsSpan(rank * _mine.Length, _mine.Length);
            if (row[0] != 0)
            {
                throw new InvalidOperationException(
                    $"The {step} of all ranks was stopped because rank {rank} could not start it; "
                    + "see the error of that rank.");
            }

            heard[rank] = row[1 + Rank];
        }
    }

    public void Dispose() => _alone?.Dispose();

    private static int IndexOf(QuantKey? key)
    {
        for (var i = 0; i < QuantKeys.All.Count; i++)
        {
            if (QuantKeys.All[i] == key)
            {
                return i;
            }
        }

        return -1;
    }

    private static string Word(int fact, int value) => fact switch
    {
        3 => ((DType)value).Name(),
        4 => value < 0 ? "none" : QuantKeys.All[value].Name,
        _ => $"{value}",
    };
}
