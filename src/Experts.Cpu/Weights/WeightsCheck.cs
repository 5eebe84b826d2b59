namespace FusedMoe.Experts.Cpu;

/// <summary>Holds the tensors of a layer against its spec, so that no kernel reads past one.</summary>
internal sealed class WeightsCheck(MoeLayerSpec layer, int localExperts)
{
    /// <summary>The weights in the checkpoint layout.</summary>
    /// <exception cref="ArgumentException">A tensor has a shape, type or device that the layer does not
    /// have.</exception>
    public IPreparedWeights Prepare(ExpertWeights source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var (n, k, i) = (layer.GateUpSize, layer.Shape.Hidden, layer.Shape.Intermediate);
        CheckElements("W13", source.W13, n, k);
        CheckElements("W2", source.W2, k, i);
        CheckScales("W13Scale", source.W13Scale, n, k);
        CheckScales("W2Scale", source.W2Scale, k, i);
        CheckSecondScale("W13GlobalScale", source.W13GlobalScale);
        CheckSecondScale("W2GlobalScale", source.W2GlobalScale);
        CheckZeroPoints("W13ZeroPoints", source.W13ZeroPoints, n, k);
        CheckZeroPoints("W2ZeroPoints", source.W2ZeroPoints, k, i);
        CheckBias("W13Bias", source.W13Bias, n);
        CheckBias("W2Bias", source.W2Bias, k);
        CheckStaticScale("A13Scale", source.A13Scale);
        CheckStaticScale("A2Scale", source.A2Scale);
        return new CheckpointWeights(source);
    }

    /// <summary>
    /// Scale blocks down and across a weight of <paramref name="rows"/> x <paramref name="columns"/>.
    /// </summary>
    public static (long Down, long Across) ScaleGrid(GroupShape group, long rows, long columns)
    {
        var (r, c) = ScaleBlock(group, rows, columns);
        return ((rows + r - 1) / r, (columns + c - 1) / c);
    }

    /// <summary>Rows and columns of a weight that share one scale.</summary>
    public static (long Rows, long Columns) ScaleBlock(GroupShape group, long rows, long columns) =>
        group == GroupShape.PerChannel
            ? (1, columns)
            : (group.Rows < 0 ? rows : group.Rows, group.Columns < 0 ? columns : group.Columns);

    private static void Require(bool holds, string name, string required, TensorView actual)
    {
        if (!holds)
        {
            throw new ArgumentException(
                $"{name} must be {required}, got {actual}; check the layer spec against the checkpoint.", name);
        }
    }

    private static string Describe(TensorShape shape, params ReadOnlySpan<DType> types) =>
        $"{string.Join(" or ", types.ToArray().Select(t => t.Name()))} {shape} in host memory";

    private static void RequireDense(string name, TensorView view, TensorShape shape,
        params ReadOnlySpan<DType> types) =>
        Require(
            view.Shape == shape && types.Contains(view.DType) && view.IsContiguous
                && view.Device.Kind == DeviceKind.Cpu,
            name, "contiguous " + Describe(shape, types), view);

    private void CheckElements(string name, TensorView view, int rows, int columns)
    {
        var type = layer.Quant.Weight?.Element ?? layer.WeightDType;
        var shape = new TensorShape(localExperts, rows, columns);
        var fits = view.Shape == shape && view.DType == type && view.Device.Kind == DeviceKind.Cpu;
        Require(fits && (columns == 1 || view.Strides[2] == 1), name, Describe(shape, type) + " with dense rows", view);
    }

    private void CheckScales(string name, TensorView view, int rows, int columns)
    {
        if (layer.Quant.Weight is not { } key)
        {
            Require(view.IsNone, name, "absent for unquantized weights", view);
            return;
        }

        var group = key.Scale.Group;
        var (down, across) = ScaleGrid(group, rows, columns);
        var shape = group == GroupShape.PerTensor ? new TensorShape(localExperts)
            : group == GroupShape.PerChannel ? new TensorShape(localExperts, rows)
            : new TensorShape(localExperts, down, across);
        if (key.Scale.DType == DType.Float32)
        {
            RequireDense(name, view, shape, DType.Float32, DType.BFloat16, DType.Float16);
        }
        else
        {
            RequireDense(name, view, shape, key.Scale.DType, DType.UInt8);
        }
    }

    private void CheckSecondScale(string name, TensorView view)
    {
        if (layer.Quant.Weight?.SecondScale is null)
        {
            Require(view.IsNone, name, "absent for weights without a second-level scale", view);
            return;
        }

        RequireDense(name, view, new TensorShape(localExperts), DType.Float32);
    }

    private void CheckZeroPoints(string name, TensorView view, int rows, int columns)
    {
        if (layer.Quant.Weight is not { IsSymmetric: false } key)
        {
            Require(view.IsNone, name, "absent for symmetric weights", view);
            return;
        }

        var shape = new TensorShape(localExperts, (rows + 1) / 2, columns / key.Scale.Group.Columns);
        RequireDense(name, view, shape, DType.UInt8);
    }

    private void CheckBias(string name, TensorView view, int width)
    {
        if (!layer.Features.HasExpertBias)
        {
            Require(view.IsNone, name, "absent for a layer without expert biases", view);
            return;
        }

        RequireDense(name, view, new TensorShape(localExperts, width), DType.Float32, DType.BFloat16, DType.Float16);
    }

    private void CheckStaticScale(string name, TensorView view)
    {
        var needed = layer.Quant.Activation is { } key && (key.Scale.IsStatic || key.SecondScale is not null);
        if (needed || !view.IsNone)
        {
            Require(
                view is { DType: DType.Float32, Elements: 1 } && view.Device.Kind == DeviceKind.Cpu,
                name, Describe(new TensorShape(1), DType.Float32), view);
        }
    }
}
