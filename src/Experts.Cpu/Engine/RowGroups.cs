namespace FusedMoe.Experts.Cpu;

/// <summary>Rows grouped by expert, in token order inside an expert, as views of workspace2.</summary>
internal unsafe struct RowGroups
{
    /// <summary>First row of each expert; the last entry is the number of rows.</summary>
    public int* Offsets;

    /// <summary>Experts with rows.</summary>
    public int* Active;

    /// <summary>Input row of each grouped row.</summary>
    public int* InputRows;

    /// <summary>Output row of each grouped row.</summary>
    public int* OutputRows;

    /// <summary>Number of experts with rows.</summary>
    public int ActiveCount;

    /// <summary>Number of grouped rows.</summary>
    public int Rows;

    /// <summary>The parts of a workspace.</summary>
    public static RowGroups At(byte* workspace, in EngineLayout layout) => new()
    {
        Offsets = (int*)(workspace + layout.Offsets),
        Active = (int*)(workspace + layout.Active),
        InputRows = (int*)(workspace + layout.InputRows),
        OutputRows = (int*)(workspace + layout.OutputRows),
    };

    /// <summary>
    /// Counting sort of the pairs of <paramref name="tokens"/> tokens; the output row of a pair is its own index.
    /// </summary>
    public void GroupPairs(PairRoutes routes, int tokens, int topK, int experts)
    {
        new Span<int>(Offsets, experts + 1).Clear();
        for (var pair = 0; pair < tokens * topK; pair++)
        {
            Offsets[routes.Local(pair) + 1]++;
        }

        // Entry 0 counted the pairs that are not here; from now on it is the first row of expert 0.
        Offsets[0] = 0;
        FindActive(experts);
        for (var pair = 0; pair < tokens * topK; pair++)
        {
            var expert = routes.Local(pair);
            if (expert >= 0)
            {
                var row = Offsets[expert]++;
                InputRows[row] = pair / topK;
                OutputRows[row] = pair;
            }
        }

        for (var expert = experts; expert > 0; expert--)
        {
            Offsets[expert] = Offsets[expert - 1];
        }

        Offsets[0] = 0;
    }

    /// <summary>The first <paramref name="counts"/> rows of each block of <paramref name="capacity"/>.</summary>
    public void GroupBlocks(int* counts, int capacity, int experts)
    {
        Offsets[0] = 0;
        for (var expert = 0; expert < experts; expert++)
        {
            Offsets[expert + 1] = Math.Clamp(counts[expert], 0, capacity);
        }

        FindActive(experts);
        for (var expert = 0; expert < experts; expert++)
        {
            for (var row = Offsets[expert]; row < Offsets[expert + 1]; row++)
            {
                InputRows[row] = (expert * capacity) + row - Offsets[expert];
                OutputRows[row] = InputRows[row];
            }
        }
    }

    // Offsets[e + 1] holds the count of expert e: lists those above zero and sums up.
    private void FindActive(int experts)
    {
        ActiveCount = 0;
        for (var expert = 0; expert < experts; expert++)
        {
            if (Offsets[expert + 1] > 0)
            {
                Active[ActiveCount++] = expert;
            }

            Offsets[expert + 1] += Offsets[expert];
        }

        Rows = Offsets[experts];
    }
}
