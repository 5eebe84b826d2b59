using System.Runtime.InteropServices;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// Puts tensors on a device: views of the mapped file where the layout already is what kernels want and the device is
/// the host, copies everywhere else. Owns the copies until they are handed over.
/// </summary>
internal sealed class TensorLoader : IDisposable
{
    private readonly IComputeDevice _device;
    private readonly IComputeStream _stream;
    private readonly string _layer;
    private List<IDeviceMemory> _memory = [];

    public TensorLoader(IComputeDevice device, IComputeStream stream, string layer) =>
        (_device, _stream, _layer) = (device, stream, layer);

    private bool IsHost => _device.Traits.Id.Kind == DeviceKind.Cpu;

    /// <summary>Waits for the copies and gives up ownership of their memory.</summary>
    public IReadOnlyList<IDeviceMemory> HandOver()
    {
        _stream.Synchronize();
        var memory = _memory;
        _memory = [];
        return memory;
    }

    public void Dispose() => _memory.ForEach(m => m.Dispose());

    /// <summary>
    /// Stacks parts of each expert's matrices: <c>[experts, rows of all parts, columns]</c>.
    /// </summary>
    /// <param name="stored">Experts in the files.</param>
    /// <param name="parts">Parts, top to bottom; same number of columns each.</param>
    /// <param name="nameOf">Tensor name of a weight's name.</param>
    /// <param name="range">Experts wanted.</param>
    /// <param name="element">Type to see the stored bytes as; null to keep the type of the first part.</param>
    /// <param name="purpose">What it is, for errors.</param>
    public TensorView Stack(
        StoredExperts stored,
        IReadOnlyList<MatrixPart> parts,
        Func<string, string> nameOf,
        ExpertRange range,
        DType? element,
        string purpose)
    {
        var first = parts[0];
        var source = first.Source;
        var isOneTensor = !source.IsPerExpert || stored.Experts == 1;
        if (IsHost && parts.Count == 1 && first.IsWhole && !source.IsTransposed && isOneTensor)
        {
            var all = StoredMatrices.OfAll(stored, first, nameOf(source.NameOf(0)), element);
            return all.Slice(0, range.First, range.Count);
        }

        var dtype = element ?? StoredMatrices.Of(stored, first, nameOf(source.NameOf(range.First)), range.First).DType;
        var shape = new TensorShape(range.Count, parts.Sum(p => (long)p.RowCount), first.ColumnCount);
        var stacked = Allocate(dtype, shape, purpose);
        var target = stacked.Pointer;
        for (var expert = range.First; expert < range.First + range.Count; expert++)
        {
            foreach (var part in parts)
            {
                var name = nameOf(part.Source.NameOf(expert));
                var matrix = StoredMatrices.Of(stored, part, name, expert, element);
                CheckType(stored, name, matrix.DType, dtype);
                var wanted = matrix.Slice(0, part.RowStart, part.RowCount).Slice(1, part.ColumnStart, part.ColumnCount);
                MatrixCopy.ToDevice(wanted, target, _stream);
                target += (nint)dtype.BytesFor(wanted.Elements);
            }
        }

        return stacked;
    }

    /// <summary>The same, converted to float32: for scales and biases.</summary>
    public TensorView StackFloats(
        StoredExperts stored,
        IReadOnlyList<MatrixPart> parts,
        Func<string, string> nameOf,
        ExpertRange range,
        string purpose)
    {
        var columns = parts[0].ColumnCount;
        var values = new List<float>();
        for (var expert = range.First; expert < range.First + range.Count; expert++)
        {
            foreach (var part in parts)
            {
                var name = nameOf(part.Source.NameOf(expert));
                var matrix = StoredMatrices.Of(stored, part, name, expert);
                CheckReadable(stored.Files, $"{stored.Prefix}.{name}", matrix.DType);
                AddFloats(values, matrix.Slice(0, part.RowStart, part.RowCount).Slice(1, part.ColumnStart, columns));
            }
        }

        var shape = new TensorShape(range.Count, parts.Sum(p => (long)p.RowCount), columns);
        return Upload(CollectionsMarshal.AsSpan(values), shape, purpose);
    }

    /// <summary>A tensor as it is.</summary>
    public TensorView Copy(TensorView view, string purpose)
    {
        if (IsHost)
        {
            return view;
        }

        var copy = Allocate(view.DType, view.Shape, purpose);
        MatrixCopy.ToDevice(view, copy.Pointer, _stream);
        return copy;
    }

    /// <summary>A vector of <paramref name="count"/> numbers, converted to float32.</summary>
    public TensorView Floats(CheckpointFiles files, string name, int count, string purpose) =>
        Upload(ReadFloats(files, name, count), new(count), purpose);

    /// <summary>The same in memory of the host.</summary>
    public static float[] ReadFloats(CheckpointFiles files, string name, int count)
    {
        var view = files.View(name);
        CheckReadable(files, name, view.DType);
        if (view.Elements != count)
        {
            throw CheckpointException.Must(files.Folder, $"tensor {CheckpointException.Quote(name)}",
                $"hold {count} numbers as config.json says", $"{view.Shape}", "check config.json against the tensors");
        }

        var values = new List<float>();
        AddFloats(values, view.Reshape(new(1, count)));
        return [.. values];
    }

    /// <summary>Float32 values of the caller.</summary>
    public TensorView Upload(ReadOnlySpan<float> values, TensorShape shape, string purpose)
    {
        var tensor = Allocate(DType.Float32, shape, purpose);
        _stream.CopyToDevice(MemoryMarshal.AsBytes(values), tensor.Pointer);
        return tensor;
    }

    private static void AddFloats(List<float> values, TensorView matrix)
    {
        for (long row = 0; row < matrix.Shape[0]; row++)
        {
            for (long column = 0; column < matrix.Shape[1]; column++)
            {
                values.Add(FloatReader.At(matrix, (row * matrix.Strides[0]) + (column * matrix.Strides[1])));
            }
        }
    }

    private static void CheckReadable(CheckpointFiles files, string name, DType dtype)
    {
        if (!FloatReader.CanRead(dtype))
        {
            throw CheckpointException.Must(files.Folder, $"tensor {CheckpointException.Quote(name)}",
                "be float32, bf16, fp16 or e8m0", dtype.Name(), "convert it");
        }
    }

    private static void CheckType(StoredExperts stored, string name, DType actual, DType wanted)
    {
        if (actual != wanted)
        {
            throw CheckpointException.Must(
                stored.Files.Folder,
                $"tensor {CheckpointException.Quote($"{stored.Prefix}.{name}")}",
                $"be {wanted.Name()} like the first expert's", actual.Name(), "convert it");
        }
    }

    private TensorView Allocate(DType dtype, TensorShape shape, string purpose)
    {
        var memory = _device.Allocate(dtype.BytesFor(shape.Elements), $"{purpose} of {_layer}");
        _memory.Add(memory);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, memory.Device);
    }
}
