namespace FusedMoe.Experts.Cutlass;

/// <summary>Codes of this plugin beside the well-known ones.</summary>
internal static class CutlassRefusalCodes
{
    /// <summary>A device service that another plugin registers.</summary>
    public static readonly RefusalCode DeviceService = new("cutlass.device-service");
}
