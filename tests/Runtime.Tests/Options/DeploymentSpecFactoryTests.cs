using FusedMoe.Runtime.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Runtime.Tests.Options;

public sealed class DeploymentSpecFactoryTests
{
    [Test]
    public void Create_Auto_TakesTheCpuWhenThereIsNoGpu()
    {
        using var host = new FakeHost([], new Dictionary<string, string?> { ["Deployment:MaxTokens"] = "77" });

        var deployment = host.Services.GetRequiredService<DeploymentSpecFactory>().Create();

        Assert.That(
            (deployment.Device.Name, deployment.MaxTokens, deployment.Deterministic), Is.EqualTo(("test cpu", 77, true)));
    }

    [Test]
    public void Create_MissingDevice_GivesADeploymentWhosePlanSaysWhy()
    {
        using var host = new FakeHost([]);
        var deployment = host.Services.GetRequiredService<DeploymentSpecFactory>().Create("cuda:1");

        var plan = host.Composer.Compose(Layers.Plain(), deployment);

        Assert.That(
            plan.Because, Is.EqualTo("device must be offered by a loaded plugin, got cuda:1; load a plugin that offers it."));
    }

    [Test]
    public void Create_UnknownDevice_ListsTheAcceptedOnes()
    {
        using var host = new FakeHost([]);

        Assert.That(
            () => host.Services.GetRequiredService<DeploymentSpecFactory>().Create("gpu"),
            Throws.ArgumentException.With.Message.EqualTo("The device is 'gpu'; must be auto, cpu, cuda or cuda:N."));
    }

    [Test]
    public void Create_ExpertParallelOptions_FlattensTheRanks()
    {
        using var host = new FakeHost([], new Dictionary<string, string?>
        {
            ["Deployment:Parallel:TensorSize"] = "2",
            ["Deployment:Parallel:DataSize"] = "2",
            ["Deployment:Parallel:DataRank"] = "1",
            ["Deployment:Parallel:ExpertParallel"] = "true",
            ["Deployment:Parallel:AllToAll"] = "AllGather",
        });

        var parallel = host.Services.GetRequiredService<DeploymentSpecFactory>().Create().Parallel;

        Assert.That((parallel.EpSize, parallel.EpRank, parallel.TpSize), Is.EqualTo((4, 2, 1)));
    }
}
