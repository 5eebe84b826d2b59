using FusedMoe.Cpu;

[assembly: FusedMoe.MoePlugin(typeof(FusedMoe.PrepareFinalize.PrepareFinalizePlugin), FusedMoe.MoeContract.Version)]

namespace FusedMoe.PrepareFinalize;

/// <summary>Devices, routers, quantizers, reductions and prepare/finalize schemes that ship with FusedMoe.</summary>
public sealed class PrepareFinalizePlugin : IMoePlugin
{
    /// <inheritdoc/>
    public string Name => "prepare-finalize";

    /// <inheritdoc/>
    public void Configure(IMoePluginBuilder builder)
    {
        builder.AddDevices<CpuDeviceProvider>();
        AddSchemesOverRanks(builder);
        AddCpuStages(builder);
        builder.AddCuda();
    }

    private static void AddCpuStages(IMoePluginBuilder builder)
    {
        builder.AddRouter<TopKRouterDescriptor>();
        builder.AddPrepareAndFinalize<LocalDescriptor>();
        builder.AddPrepareAndFinalize<LocalMonolithicDescriptor>();
        builder.AddDeviceService<IActivationQuantizer, CpuActivationQuantizer>();
        builder.AddDeviceService<ITopKWeightAndReduceProvider, CpuWeightAndReduceProvider>();
        builder.AddDeviceService<ILayerOps, CpuLayerOps>();
        builder.AddDeviceService<ITopKPacking, CpuTopKPacking>();
    }

    private static void AddSchemesOverRanks(IMoePluginBuilder builder)
    {
        builder.AddDeviceService<ICommunicatorGroupFactory, InProcessCommunicatorGroupFactory>();
        builder.AddPrepareAndFinalize<AllGatherDescriptor>();
        builder.AddPrepareAndFinalize<AllToAllDescriptor>();
        builder.AddPrepareAndFinalize<BatchedDescriptor>();
    }
}
