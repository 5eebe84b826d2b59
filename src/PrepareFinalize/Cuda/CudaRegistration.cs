using FusedMoe.Cuda;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.PrepareFinalize;

/// <summary>Registers what this plugin offers on GPUs. Touches no device and no driver.</summary>
internal static class CudaRegistration
{
    public static void AddCuda(this IMoePluginBuilder builder)
    {
        builder.Services.AddOptions<PrepareFinalizeOptions>()
            .Configure(o => builder.Configuration.Bind(o, binder => binder.ErrorOnUnknownConfiguration = true))
            .ValidateOnStart();
        builder.AddDevices<CudaDeviceProvider>();
        AddServices(builder);
        builder.AddRouter<CudaTopKRouterDescriptor>();
        builder.AddPrepareAndFinalize<CudaLocalDescriptor>();
        builder.AddPrepareAndFinalize<CudaLocalMonolithicDescriptor>();
        builder.AddPrepareAndFinalize<CudaBatchedDescriptor>();
    }

    private static void AddServices(IMoePluginBuilder builder)
    {
        builder.Services.AddSingleton<CudaLauncher>();
        builder.Services.AddSingleton<CudaReduction>();
        builder.Services.AddSingleton<CudaElementwise>();
        builder.Services.AddSingleton<CudaExpertAlignment>();
        builder.Services.AddSingleton<CudaActivationQuantizer>();
        builder.Services.AddSingleton<CudaLocalParts>();
        builder.Services.AddSingleton<IExpertAlignment>(s => s.GetRequiredService<CudaExpertAlignment>());
        builder.Services.AddSingleton<IActivationQuantizer>(s => s.GetRequiredService<CudaActivationQuantizer>());
        builder.AddDeviceService<IActivationOps, CudaActivationOps>();
        builder.AddDeviceService<ITokenPermutation, CudaTokenPermutation>();
        builder.AddDeviceService<ITopKWeightAndReduceProvider, CudaTopKWeightAndReduceProvider>();
        builder.AddDeviceService<ILayerOps, CudaLayerOps>();
        builder.AddDeviceService<ITopKPacking, CudaTopKPacking>();
        builder.AddDeviceService<IStepRanges, CudaStepRanges>();
    }
}
