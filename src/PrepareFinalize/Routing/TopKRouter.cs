using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>Routes rows of logits on the worker pool; a row's result depends on that row only.</summary>
internal sealed class TopKRouter : IRouter
{
    // Below this many logits waking the pool takes longer than the routing.
    private const int InlineLogits = 4096;

    private readonly RoutingSpec _routing;
    private readonly WorkerPool _workers;
    private readonly RouterScratch _scratch;
    private readonly SimulatedSelection? _simulated;
    private readonly int _experts;
    private readonly int _topK;

    public TopKRouter(IRouterDescriptor descriptor, StageContext context)
    {
        Descriptor = descriptor;
        _routing = context.Layer.Routing;
        _experts = context.Layer.Shape.Experts;
        _topK = context.Layer.Shape.TopK;
        _workers = WorkerPool.Of(context.Device);
        _scratch = new RouterScratch(_workers.WorkerCount, _experts, _routing.Groups, _topK);
        _simulated = _routing.Method == RoutingMethod.Simulated ? new SimulatedSelection(_routing, _experts) : null;
    }

    public IRouterDescriptor Descriptor { get; }

    public void Dispose() => _scratch.Dispose();

    public void Route(in RouteCall call, IComputeStream stream)
    {
        var body = new Body { Router = this, Rows = new RouteRows(call, _routing, _experts, _topK) };
        if ((long)body.Rows.Count * _experts < InlineLogits)
        {
            body.Execute(0, body.Rows.Count, 0);
        }
        else
        {
            _workers.ParallelFor(body.Rows.Count, ref body);
        }
    }

    private void RouteRow(in RouteRows rows, int index, in RouterRow row)
    {
        if (index >= rows.Valid)
        {
            rows.Clear(index);
            return;
        }

        if (_simulated is not null)
        {
            _simulated.Select(index, row);
        }
        else
        {
            rows.ReadLogits(index, row.Logits[.._experts]);
            row.Logits[_experts..].Fill(float.NegativeInfinity);
            SelectFromLogits(rows, index, row);
        }

        rows.Write(index, row.Ids, row.Weights);
    }

    private void SelectFromLogits(in RouteRows rows, int index, in RouterRow row)
    {
        if (_routing.SparseMixerJitter is { } jitter)
        {
            SparseMixer.Select(row, jitter, _routing.Scale, _experts);
        }
        else if (_routing.HasHashTable)
        {
            RowRouting.LookUp(_routing, row, rows.TableRow(index), _experts);
        }
        else
        {
            RowRouting.Select(_routing, row, rows.Bias, _experts);
        }
    }

    private struct Body : IWorkerBody
    {
        public TopKRouter Router;
        public RouteRows Rows;

        public readonly void Execute(int begin, int end, int worker)
        {
            var row = Router._scratch.Row(worker);
            for (var i = begin; i < end; i++)
            {
                Router.RouteRow(Rows, i, row);
            }
        }
    }
}
