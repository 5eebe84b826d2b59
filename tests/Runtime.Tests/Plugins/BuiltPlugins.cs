namespace FusedMoe.Runtime.Tests.Plugins;

/// <summary>Folders of plugins that the build left; they are loaded, never referenced.</summary>
internal static class BuiltPlugins
{
    public static string Sample => Output("tests/SamplePlugin");

    public static string SampleWrong => Output("tests/SamplePluginWrong");

    public static string PrepareFinalize => Output("src/PrepareFinalize");

    public static string CpuExperts => Output("src/Experts.Cpu");

    private static string Output(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration) = (here.Name, here.Parent!.Name);
        while (here is not null && !File.Exists(Path.Combine(here.FullName, "Plugins.sln")))
        {
            here = here.Parent;
        }

        return Path.Combine(here!.FullName, project, "bin", configuration, framework);
    }
}
