using System.Reflection;
using System.Reflection.Emit;

namespace FusedMoe.Runtime.Tests.Plugins;

/// <summary>Writes small plugin assemblies, good and bad ones, without a compiler.</summary>
internal sealed class EmittedPlugin
{
    public string ContractVersion { get; init; } = MoeContract.Version;

    public string PluginName { get; init; } = "emitted";

    public Version Version { get; init; } = new(1, 2, 3, 4);

    public string? ConstructorThrows { get; init; }

    public string? ConfigureThrows { get; init; }

    /// <summary>False gives a plugin type that is no IMoePlugin.</summary>
    public bool IsPlugin { get; init; } = true;

    /// <summary>False gives an assembly without the attribute: a dependency.</summary>
    public bool IsDeclared { get; init; } = true;

    public string Write(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = Version }, typeof(object).Assembly);
        var type = assembly.DefineDynamicModule(name).DefineType(
            $"{name}.Entry", TypeAttributes.Public, typeof(object), IsPlugin ? [typeof(IMoePlugin)] : []);
        EmitConstructor(type);
        EmitName(type);
        EmitConfigure(type);
        type.CreateType();
        if (IsDeclared)
        {
            var attribute = typeof(MoePluginAttribute).GetConstructors()[0];
            assembly.SetCustomAttribute(new CustomAttributeBuilder(attribute, [type, ContractVersion]));
        }

        var path = Path.Combine(folder, name + ".dll");
        assembly.Save(path);
        return path;
    }

    private void EmitConstructor(TypeBuilder type)
    {
        var code = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, []).GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Call, typeof(object).GetConstructor([])!);
        EmitThrowOrReturn(code, ConstructorThrows);
    }

    private void EmitName(TypeBuilder type)
    {
        var method = type.DefineMethod("get_Name", MethodAttributes.Public | MethodAttributes.Virtual, typeof(string), []);
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Ldstr, PluginName);
        code.Emit(OpCodes.Ret);
        type.DefineProperty("Name", PropertyAttributes.None, typeof(string), null).SetGetMethod(method);
    }

    private void EmitConfigure(TypeBuilder type)
    {
        var method = type.DefineMethod(
            "Configure", MethodAttributes.Public | MethodAttributes.Virtual, typeof(void), [typeof(IMoePluginBuilder)]);
        EmitThrowOrReturn(method.GetILGenerator(), ConfigureThrows);
    }

    private static void EmitThrowOrReturn(ILGenerator code, string? message)
    {
        if (message is not null)
        {
            code.Emit(OpCodes.Ldstr, message);
            code.Emit(OpCodes.Newobj, typeof(InvalidOperationException).GetConstructor([typeof(string)])!);
            code.Emit(OpCodes.Throw);
        }

        code.Emit(OpCodes.Ret);
    }
}
