using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace FusedMoe.Runtime;

/// <summary>
/// Reads whether a file is a plugin from its metadata, so that no code of a dependency or a foreign assembly runs.
/// </summary>
internal static class PluginMetadata
{
    /// <summary>The declaration; null for assemblies and native libraries that are no plugins.</summary>
    /// <exception cref="BadImageFormatException">The file is no portable executable, or its metadata is
    /// damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PluginDeclaration? Read(string path)
    {
        using var stream = File.OpenRead(path);
        using var image = new PEReader(stream);
        if (!image.HasMetadata)
        {
            return null;
        }

        var metadata = image.GetMetadataReader();
        if (!metadata.IsAssembly)
        {
            return null;
        }

        foreach (var handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (IsPluginAttribute(metadata, attribute))
            {
                return new PluginDeclaration(ContractVersion(metadata.GetBlobReader(attribute.Value)));
            }
        }

        return null;
    }

    private static bool IsPluginAttribute(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return false;
        }

        var constructor = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
        if (constructor.Parent.Kind != HandleKind.TypeReference)
        {
            return false;
        }

        var type = metadata.GetTypeReference((TypeReferenceHandle)constructor.Parent);
        return metadata.StringComparer.Equals(type.Name, nameof(MoePluginAttribute))
            && metadata.StringComparer.Equals(type.Namespace, typeof(MoePluginAttribute).Namespace!);
    }

    // ECMA-335 II.23.3: prolog 0x0001, then the fixed arguments: the type's name and the contract version, both SerString.
    private static string ContractVersion(BlobReader blob)
    {
        if (blob.ReadUInt16() != 1)
        {
            throw new BadImageFormatException("The blob of MoePluginAttribute has no prolog.");
        }

        blob.ReadSerializedString();
        return blob.ReadSerializedString() ?? string.Empty;
    }
}
