using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Writes a layer of a family in one of its layouts. Every element is a different whole number that says which expert,
/// projection, row and column it is, so that a transposed or swapped element is seen.
/// </summary>
internal sealed class SyntheticCheckpoint : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HostTensors _tensors = new();
    private readonly FamilyCase _case;

    public SyntheticCheckpoint(FamilyCase @case, ExpertLayout layout)
    {
        _case = @case;
        var family = @case.Family;
        var logits = FamilyCase.Experts + @case.Routing.IdentityExperts;
        AddZeros(family.Gates[0], new(logits, FamilyCase.Hidden));
        AddExperts(layout, FamilyCase.Experts, FamilyCase.Intermediate, firstExpert: 0);
        if (family.GateBias is { } bias)
        {
            AddZeros(bias, new(FamilyCase.Experts));
        }

        if (@case.Routing.HasCorrectionBias)
        {
            AddZeros(family.CorrectionBiases[0], new(1, logits));
        }

        if (family.OutputBias is { } outputBias)
        {
            AddFloats(outputBias, new(FamilyCase.Hidden), Bias(0, FamilyCase.Hidden, (e, r, c) => Value(2, e, r, c)));
        }

        if (@case.Shared is { } shared)
        {
            AddExperts(
                family.Shared!.Layouts(@case.Activation.IsGated)[0], 1, shared.Intermediate, firstExpert: FamilyCase.Experts);
            if (family.Shared.GateName is { } gate)
            {
                AddZeros(gate, new(1, FamilyCase.Hidden));
            }
        }

        _folder.Write("config.json", @case.Config);
        _tensors.Save(_folder.Place("model.safetensors"));
    }

    public string Folder => _folder.Root;

    /// <summary>Gate (0), up (1) or down (2) projection of an expert; biases are column -1.</summary>
    public static float Value(int projection, int expert, int row, int column) =>
        (projection * 32768) + (expert * 4096) + (row * 64) + column + 1;

    public void Dispose()
    {
        _tensors.Dispose();
        _folder.Dispose();
    }

    private void AddExperts(ExpertLayout layout, int experts, int intermediate, int firstExpert)
    {
        var interleaved = _case.Activation.IsInterleaved;
        Add(layout.Gate, experts, intermediate, FamilyCase.Hidden, (e, r, c) => Value(0, firstExpert + e, r, c));
        Add(layout.Up, experts, intermediate, FamilyCase.Hidden, (e, r, c) => Value(1, firstExpert + e, r, c));
        Add(layout.Down, experts, FamilyCase.Hidden, intermediate, (e, r, c) => Value(2, firstExpert + e, r, c));
        Add(layout.GateUp, experts, 2 * intermediate, FamilyCase.Hidden, (e, r, c) => interleaved
            ? Value(r % 2, firstExpert + e, r / 2, c)
            : Value(r / intermediate, firstExpert + e, r % intermediate, c));
    }

    private void Add(WeightSource? source, int experts, int rows, int columns, Func<int, int, int, float> value)
    {
        if (source is null)
        {
            return;
        }

        var shape = source.IsTransposed ? new TensorShape(columns, rows) : new TensorShape(rows, columns);
        var bias = _case.Family.HasExpertBias;
        if (source.IsPerExpert || experts == 1)
        {
            for (var e = 0; e < experts; e++)
            {
                AddFloats(source.NameOf(e), shape, Matrix(source, e, rows, columns, value));
                AddBias(bias, source.NameOf(e), new(rows), Bias(e, rows, value));
            }
        }
        else
        {
            var all = Enumerable.Range(0, experts);

            // Published dbrx tensors put the experts below each other.
            AddFloats(
                source.Name,
                _case.ModelType == "dbrx" ? new(experts * shape[0], shape[1]) : new(experts, shape[0], shape[1]),
                all.SelectMany(e => Matrix(source, e, rows, columns, value)).ToArray());
            AddBias(bias, source.Name, new(experts, rows), all.SelectMany(e => Bias(e, rows, value)).ToArray());
        }
    }

    private static float[] Matrix(WeightSource source, int expert, int rows, int columns, Func<int, int, int, float> value) =>
        source.IsTransposed
            ? Enumerable.Range(0, rows * columns).Select(i => value(expert, i % rows, i / rows)).ToArray()
            : Enumerable.Range(0, rows * columns).Select(i => value(expert, i / columns, i % columns)).ToArray();

    private static float[] Bias(int expert, int rows, Func<int, int, int, float> value) =>
        Enumerable.Range(0, rows).Select(r => value(expert, r, -1)).ToArray();

    private void AddBias(bool wanted, string weight, TensorShape shape, float[] values)
    {
        if (wanted)
        {
            AddFloats($"{weight}_bias", shape, values);
        }
    }

    private void AddZeros(string name, TensorShape shape) => AddFloats(name, shape, new float[shape.Elements]);

    private void AddFloats(string name, TensorShape shape, float[] values) =>
        _tensors.AddFloats($"{_case.Prefix}.{name}", shape, values);
}
