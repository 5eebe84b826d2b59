namespace FusedMoe.Runtime;

/// <summary>Names of devices in configuration beside those that <see cref="DeviceId.Parse"/> reads.</summary>
public static class DeviceNames
{
    /// <summary>The first CUDA device when there is one, else the CPU.</summary>
    public const string Auto = "auto";

    /// <summary>What <c>FusedMoe:Deployment:Device</c> accepts, for messages.</summary>
    public const string Accepted = "auto, cpu, cuda or cuda:N";

    /// <summary>True for a name that can be resolved.</summary>
    public static bool IsValid(string? name) =>
        string.Equals(name, Auto, StringComparison.OrdinalIgnoreCase) || DeviceId.Parse(name) is not null;
}
