namespace FusedMoe.Runtime.Checkpoints;

/// <summary>The experts, or the shared experts, of one layer as they lie in the files.</summary>
/// <param name="Files">The checkpoint's tensors.</param>
/// <param name="Prefix">Prefix of the layer's names.</param>
/// <param name="Layout">Layout that was found.</param>
/// <param name="Scheme">Quantization that was found.</param>
/// <param name="Experts">Experts in the files.</param>
/// <param name="Hidden">Hidden size.</param>
/// <param name="Intermediate">Intermediate size of one expert.</param>
internal sealed record StoredExperts(
    CheckpointFiles Files,
    string Prefix,
    ExpertLayout Layout,
    WeightScheme Scheme,
    int Experts,
    int Hidden,
    int Intermediate)
{
    /// <summary>Finds which layout and quantization the files have.</summary>
    /// <exception cref="CheckpointException">
    /// None of the family's layouts is there, or its element type does not fit.
    /// </exception>
    public static StoredExperts Find(
        CheckpointFiles files,
        string prefix,
        IReadOnlyList<ExpertLayout> layouts,
        WeightScheme scheme,
        (int Experts, int Hidden, int Intermediate) sizes)
    {
        // Modules that a quantized checkpoint leaves unquantized are stored plainly.
        foreach (var candidate in new[] { scheme, WeightScheme.Plain })
        {
            var present = layouts
                .Where(l => IsPresent(files, prefix, l, candidate))
                .Select(l => new StoredExperts(
                    files, prefix, l, candidate, sizes.Experts, sizes.Hidden, sizes.Intermediate))
                .ToArray();

            // Layouts with the same down projection differ in the other names or in their sizes; what is missing or of
            // a wrong size is reported when it is read.
            if (present.OrderBy(s => (s.HasFirst ? 0 : 2) + (s.HasItsSizes ? 0 : 1)).FirstOrDefault() is { } found)
            {
                return found;
            }
        }

        throw Absent(files, prefix, layouts, scheme);
    }

    /// <summary>True when the second product has a bias in the files.</summary>
    public bool HasBias => Files.Contains($"{Prefix}.{WeightScheme.BiasOf(Layout.Down.NameOf(0))}");

    /// <summary>Type of unquantized weights.</summary>
    public DType PlainType => Files.View($"{Prefix}.{Layout.Down.NameOf(0)}").DType;

    private bool HasFirst => Files.Contains($"{Prefix}.{Scheme.ElementsOf((Layout.GateUp ?? Layout.Up)!.NameOf(0))}");

    /// <summary>False when a tensor that holds all experts has other sizes than the layout says.</summary>
    private bool HasItsSizes =>
        IsOfSize(Layout.GateUp, 2 * (long)Intermediate, Hidden) && IsOfSize(Layout.Down, Hidden, Intermediate);

    private bool IsOfSize(WeightSource? source, long rows, long columns)
    {
        if (source is null || source.IsPerExpert || !Files.Contains($"{Prefix}.{source.Name}"))
        {
            return true;
        }

        var shape = Files.View($"{Prefix}.{source.Name}").Shape;
        return shape.Rank != 3
            || (source.IsTransposed ? (shape[1], shape[2]) == (columns, rows) : (shape[1], shape[2]) == (rows, columns));
    }

    private static bool IsPresent(CheckpointFiles files, string prefix, ExpertLayout layout, WeightScheme scheme)
    {
        var name = $"{prefix}.{scheme.ElementsOf(layout.Down.NameOf(0))}";
        return layout.IsMxfp4 == (scheme.Storage == WeightStorage.Mxfp4)
            && files.Contains(name)
            && Fits(scheme, files.View(name).DType);
    }

    private static bool Fits(WeightScheme scheme, DType dtype) =>
        scheme.StoredType is { } stored ? dtype == stored : dtype.IsActivation();

    private static CheckpointException Absent(
        CheckpointFiles files, string prefix, IReadOnlyList<ExpertLayout> layouts, WeightScheme scheme)
    {
        var names = layouts.Select(l => $"{prefix}.{l.Down.NameOf(0)}").ToArray();
        var present = names.FirstOrDefault(files.Contains);
        var wanted = $"{prefix}.{scheme.ElementsOf(layouts[0].Down.NameOf(0))}";
        return present is null
            ? NearestNames.Missing(files.Folder, wanted, files.Names)
            : CheckpointException.Must(
                files.Folder, $"tensor {CheckpointException.Quote(present)}",
                $"be {scheme.StoredType?.Name() ?? "float32, bf16 or fp16"} as config.json says",
                files.View(present).DType.Name(), "correct quantization_config");
    }
}
