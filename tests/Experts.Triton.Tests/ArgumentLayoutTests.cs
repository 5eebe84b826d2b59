using System.Reflection;
using System.Runtime.InteropServices;

namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class ArgumentLayoutTests
{
    [TestCase(typeof(GroupedGemmArgs), "grouped_gemm.py", "grouped_gemm")]
    [TestCase(typeof(ScaledGemmArgs), "scaled_gemm.py", "scaled_gemm")]
    [TestCase(typeof(WeightOnlyGemmArgs), "weight_only_gemm.py", "weight_only_gemm")]
    [TestCase(typeof(TinyGateUpArgs), "tiny_batch.py", "tiny_gate_up")]
    [TestCase(typeof(TinyDownArgs), "tiny_batch.py", "tiny_down")]
    [TestCase(typeof(WeightedSumArgs), "rows.py", "weighted_sum")]
    [TestCase(typeof(ActivateRowsArgs), "rows.py", "activate_rows")]
    public void Fields_OfAnArgumentStruct_LieWhereTheKernelReadsThem(Type type, string file, string kernel)
    {
        var fields = Flatten(type, 0).ToArray();
        var parameters = KernelSources.Parameters(file, kernel);
        Assert.That(fields[..^2].Select(f => f.Name), Is.EqualTo(parameters));
        Assert.That(fields[^2..].Select(f => f.Name), Is.EqualTo(new[] { "global_scratch", "profile_scratch" }));
        var offset = 0;
        foreach (var (name, at, size) in fields)
        {
            offset = (offset + size - 1) / size * size;
            Assert.That(at, Is.EqualTo(offset), name);
            offset += size;
        }
    }

    private static IEnumerable<(string Name, int Offset, int Size)> Flatten(Type type, int start)
    {
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance).OrderBy(f => Offset(type, f)))
        {
            var at = start + Offset(type, field);
            if (field.FieldType.IsPrimitive || field.FieldType.IsEnum)
            {
                var primitive = field.FieldType.IsEnum ? Enum.GetUnderlyingType(field.FieldType) : field.FieldType;
                yield return (field.Name, at, Marshal.SizeOf(primitive));
                continue;
            }

            foreach (var inner in Flatten(field.FieldType, at))
            {
                yield return inner;
            }
        }
    }

    private static int Offset(Type type, FieldInfo field) => (int)Marshal.OffsetOf(type, field.Name);
}
