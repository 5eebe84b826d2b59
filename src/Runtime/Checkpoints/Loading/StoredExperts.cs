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
            foreach (var layout in layouts)
            {
                var name = $"{prefix}.{candidate.ElementsOf(layout.Down.NameOf(0))}";
                var isMxfp4 = candidate.Storage == WeightStorage.Mxfp4;
                if (layout.IsMxfp4 == isMxfp4 && files.Contains(name) && Fits(candidate, files.View(name).DType))
                {
                    return new(files, prefix, layout, candidate, sizes.Experts, sizes.Hidden, sizes.Intermediate);
                }
            }
        }

        throw Absent(files, prefix, layouts, scheme);
    }

    /// <summary>True when the second product has a bias in the files.</summary>
    public bool HasBias => Files.Contains($"{Prefix}.{WeightScheme.BiasOf(Layout.Down.NameOf(0))}");

    /// <summary>Type of unquantized weights.</summary>
    public DType PlainType => Files.View($"{Prefix}.{Layout.Down.NameOf(0)}").DType;

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
