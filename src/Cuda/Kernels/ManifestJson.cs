using System.Text.Json;
using System.Text.Json.Serialization;

namespace FusedMoe.Cuda;

// Generated at build time: reading a manifest by reflection was the longest step of loading the plugins.
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(KernelManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
