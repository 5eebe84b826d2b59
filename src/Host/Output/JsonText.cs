using System.Text.Json;

namespace FusedMoe.Host.Output;

/// <summary>How every verb writes JSON.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(object value) => JsonSerializer.Serialize(value, value.GetType(), Options);
}
