namespace FusedMoe.Runtime;

/// <summary>Limits of <see cref="DeploymentOptions"/>.</summary>
internal static class DeploymentOptionsValidator
{
    private const int MaxRanks = 1024;

    /// <summary>Every problem, with key path, value and limit.</summary>
    public static IEnumerable<string> Problems(DeploymentOptions options, string path)
    {
        if (!DeviceNames.IsValid(options.Device))
        {
            yield return $"{path}:Device is '{options.Device}'; must be {DeviceNames.Accepted}.";
        }

        if (options.MaxTokens is < 1 or > DeploymentSpec.LargestMaxTokens)
        {
            yield return $"{path}:MaxTokens is {options.MaxTokens}; must be 1 to {DeploymentSpec.LargestMaxTokens}.";
        }

        foreach (var problem in ParallelProblems(options.Parallel, $"{path}:Parallel"))
        {
            yield return problem;
        }

        if (options.Lora is { } lora)
        {
            if (lora.MaxAdapters is < 1 or > 65536)
            {
                yield return $"{path}:Lora:MaxAdapters is {lora.MaxAdapters}; must be 1 to 65536.";
            }

            if (lora.MaxRank is < 1 or > 1024)
            {
                yield return $"{path}:Lora:MaxRank is {lora.MaxRank}; must be 1 to 1024.";
            }
        }
    }

    private static IEnumerable<string> ParallelProblems(ParallelOptions options, string path)
    {
        foreach (var (name, size, rank) in new[]
        {
            ("Tensor", options.TensorSize, options.TensorRank), ("Data", options.DataSize, options.DataRank),
        })
        {
            if (size is < 1 or > MaxRanks)
            {
                yield return $"{path}:{name}Size is {size}; must be 1 to {MaxRanks}.";
            }
            else if (rank < 0 || rank >= size)
            {
                yield return $"{path}:{name}Rank is {rank}; must be 0 to {size - 1}.";
            }
        }

        if (options.AllToAll != AllToAllKind.None && !options.ExpertParallel)
        {
            yield return $"{path}:AllToAll is {options.AllToAll}; must be None unless {path}:ExpertParallel is true.";
        }
    }
}
