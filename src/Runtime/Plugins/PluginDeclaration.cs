namespace FusedMoe.Runtime;

/// <summary>What an assembly's <see cref="MoePluginAttribute"/> says, read without loading the assembly.</summary>
/// <param name="ContractVersion">The contract version it was built against.</param>
internal sealed record PluginDeclaration(string ContractVersion);
