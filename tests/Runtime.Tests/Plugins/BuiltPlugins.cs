namespace FusedMoe.Runtime.Tests.Plugins;

/// <summary>Folders of plugins that the build left; they are loaded, never referenced.</summary>
internal static class BuiltPlugins
{
    public static string Sample => Output("tests/SamplePlugin");

    public static string SampleWrong => Output("tests/SamplePluginWrong");

    public static string PrepareFinalize => Output("src/PrepareFinalize");

    public static string CpuExperts => Output("src/Experts.Cpu");

    /// <summary>The folder of the repository that the tests were built in.</summary>
    public static string Repository
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(here.FullName, "Plugins.sln")))
            {
                here = here.Parent
                    ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Plugins.sln.");
            }

            return here.FullName;
        }
    }

    private static string Output(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Repository, project, "bin", here.Parent!.Name, here.Name);
    }
}
