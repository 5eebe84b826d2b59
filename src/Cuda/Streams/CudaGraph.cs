using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>Captured work, instantiated for replay.</summary>
public sealed unsafe class CudaGraph : IComputeGraph
{
    private readonly CudaDevice _device;
    private CUgraphExec _exec;

    internal CudaGraph(CudaDevice device, CUgraph graph)
    {
        _device = device;
        _exec = Instantiate(graph);
        HandleCounts.Opened();
    }

    /// <inheritdoc/>
    public void Launch(IComputeStream stream)
    {
        _device.MakeCurrent();
        Driver.cuGraphLaunch(_exec, CudaStream.Require(stream).NativeHandle).Check(_device.Id);
    }

    /// <summary>
    /// Captures <paramref name="enqueue"/> on <paramref name="stream"/> and makes this graph replay it. Returns true when
    /// the same topology could take the new arguments in place, false when the graph was instantiated anew.
    /// </summary>
    public bool Update(CudaStream stream, Action<IComputeStream> enqueue)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var graph = stream.RecordGraph(enqueue);
        try
        {
            CUgraphExecUpdateResultInfo result;
            var status = Driver.cuGraphExecUpdate(_exec, graph, &result);
            if (status == CUresult.CUDA_SUCCESS)
            {
                return true;
            }

            if (status != CUresult.CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE)
            {
                status.Check(_device.Id, null, nameof(Driver.cuGraphExecUpdate));
            }

            var replacement = Instantiate(graph);
            _ = Driver.cuGraphExecDestroy(_exec);
            _exec = replacement;
            return false;
        }
        finally
        {
            _ = Driver.cuGraphDestroy(graph);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_exec.Value != 0)
        {
            if (!_device.IsDisposed)
            {
                _ = Driver.cuGraphExecDestroy(_exec);
            }

            _exec = default;
            HandleCounts.Closed();
        }
    }

    private CUgraphExec Instantiate(CUgraph graph)
    {
        _device.MakeCurrent();
        CUgraphExec exec;
        Driver.cuGraphInstantiateWithFlags(&exec, graph, 0).Check(_device.Id);
        return exec;
    }
}
