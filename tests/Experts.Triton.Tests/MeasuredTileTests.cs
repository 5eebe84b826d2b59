using System.Globalization;
using System.Text.Json;

namespace FusedMoe.Experts.Triton.Tests;

/// <summary>Holds the choices against the measurements that they were drawn from.</summary>
[TestFixture]
public sealed class MeasuredTileTests
{
    // The largest losses: Mixtral-8x7B's tiles at 1024 tokens, 1574 against 1507 µs, and its row blocks in a group at 4096,
    // 3370 against 3101 µs.
    private const double MostTileLoss = 1.05;
    private const double MostGroupLoss = 1.09;
    private const double LaunchesAloneUs = 10;
    private const long H100CacheBytes = 50L << 20;
    private JsonDocument _file = null!;
    private TritonImages _images = null!;

    [OneTimeSetUp]
    public void ReadFile()
    {
        _images = TritonImages.FromAssembly();
        var path = Path.Combine(KernelSources.Root, "benchmarks", "results", "triton-tiles.h100.json");
        _file = JsonDocument.Parse(File.ReadAllText(path));
    }

    [OneTimeTearDown]
    public void CloseFile() => _file.Dispose();

    [Test]
    public void Choose_EveryMeasuredCell_IsWithinTheLossOfTheFastestPair()
    {
        foreach (var cell in Cells())
        {
            var tokens = cell.GetProperty("tokens").GetInt32();
            var choice = new TritonPlanner(_images, Layer(cell), 0).Choose(tokens, tokens, null);
            var times = cell.GetProperty("tiles_us").EnumerateObject().ToDictionary(
                t => TritonTile.Parse(t.Name)!.Value, t => (First: t.Value[0].GetDouble(), Second: t.Value[1].GetDouble()));
            var fastest = times.GroupBy(t => t.Key.BlockM)
                .Min(g => g.Min(t => t.Value.First) + g.Min(t => t.Value.Second));
            var chosen = times[choice.First.Tile].First + times[choice.Second.Tile].Second;
            Assert.That(chosen, Is.LessThanOrEqualTo(MostTileLoss * fastest), $"{Name(cell)}: {choice.Configuration}");
        }
    }

    [Test]
    public void IsTiny_EveryMeasuredCell_OnlyWhereItWasFaster()
    {
        var pairs = new TritonOptions().TinyBatchPairs;
        foreach (var cell in Cells().Where(c => c.TryGetProperty("tiny_us", out _)))
        {
            // Without a pair on this rank, launches alone were timed.
            if (cell.GetProperty("layer_us").GetDouble() < LaunchesAloneUs)
            {
                continue;
            }

            var isFaster = cell.GetProperty("tiny_us").GetDouble() < cell.GetProperty("layer_us").GetDouble();
            var isTiny = new TritonPlanner(_images, Layer(cell), pairs).IsTiny(cell.GetProperty("tokens").GetInt32());
            Assert.That(isTiny, Is.EqualTo(isFaster), Name(cell));
        }
    }

    [Test]
    public void SharedRowBlocks_EveryMeasuredGroup_IsWithinTheLossOfTheFastest()
    {
        foreach (var cell in Cells().Where(c => c.TryGetProperty("groups_us", out _)))
        {
            var tile = TritonTile.Parse(cell.GetProperty("best").GetProperty("first").GetString()!)!.Value;
            var question = Layer(cell).Question(cell.GetProperty("tokens").GetInt32());
            var shared = TritonTileHeuristic.SharedRowBlocks(question, tile.BlockM).ToString(CultureInfo.InvariantCulture);
            var groups = cell.GetProperty("groups_us");
            var fastest = groups.EnumerateObject().Min(g => g.Value.GetDouble());
            Assert.That(groups.GetProperty(shared).GetDouble(), Is.LessThanOrEqualTo(MostGroupLoss * fastest), Name(cell));
        }
    }

    [Test]
    public void BestTiles_EveryMeasuredCell_AreConfigurationsOfTheImages()
    {
        foreach (var cell in Cells())
        {
            var best = cell.GetProperty("best");
            var name = $"{best.GetProperty("first").GetString()}+{best.GetProperty("second").GetString()}";
            var names = new TritonPlanner(_images, Layer(cell), 0).Configurations(cell.GetProperty("tokens").GetInt32());
            Assert.That(names, Does.Contain(name), Name(cell));
        }
    }

    private static string Name(JsonElement cell) => $"{cell.GetProperty("layer")} at {cell.GetProperty("tokens")} tokens";

    private JsonElement[] Cells()
    {
        var cells = _file.RootElement.GetProperty("cells");
        Assert.That(cells.GetArrayLength(), Is.EqualTo(40));
        return [.. cells.EnumerateArray()];
    }

    private TritonLayer Layer(JsonElement cell)
    {
        var sizes = _file.RootElement.GetProperty("layers").GetProperty(cell.GetProperty("layer").GetString()!);
        int Of(string name) => sizes.GetProperty(name).GetInt32();
        var layer = TestImages.Layer(Of("hidden"), Of("intermediate"), Of("experts"), Of("topK"));
        return layer with { LocalExperts = Of("localExperts"), Device = layer.Device with { CacheBytes = H100CacheBytes } };
    }
}
