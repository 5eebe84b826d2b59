using System.Text.Json;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>The tensors of a checkpoint folder: one file, or the shards that its index names.</summary>
internal sealed class CheckpointFiles : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private readonly Dictionary<string, SafetensorsFile> _fileOfTensor = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> _files = [];

    private CheckpointFiles(string folder) => Folder = folder;

    public string Folder { get; }

    public IReadOnlyCollection<string> Names => _fileOfTensor.Keys;

    /// <summary>Opens every file of the folder and checks that the index and the shards agree.</summary>
    /// <exception cref="CheckpointException">A file is missing or malformed.</exception>
    public static CheckpointFiles Open(string folder)
    {
        var files = new CheckpointFiles(folder);
        try
        {
            if (File.Exists(Path.Combine(folder, Index)))
            {
                files.OpenShards(Path.Combine(folder, Index));
            }
            else
            {
                files.OpenSingle(Path.Combine(folder, Single));
            }

            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public bool Contains(string name) => _fileOfTensor.ContainsKey(name);

    /// <summary>A view of a tensor; see <see cref="SafetensorsFile.View"/>.</summary>
    /// <exception cref="CheckpointException">No such tensor; the nearest names are listed.</exception>
    public TensorView View(string name) =>
        _fileOfTensor.TryGetValue(name, out var file)
            ? file.View(name)
            : throw NearestNames.Missing(Folder, name, Names);

    /// <summary>Keeps the mapped files alive for a loaded layer until <see cref="Leave"/>.</summary>
    public void Enter() => _files.ForEach(f => f.Enter());

    public void Leave() => _files.ForEach(f => f.Leave());

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private void OpenSingle(string path)
    {
        if (!File.Exists(path))
        {
            var names = Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder).Select(Path.GetFileName) : [];
            var found = string.Join(", ", names.Order(StringComparer.Ordinal));
            throw CheckpointException.Must(Folder, "the folder", $"have {Single} or {Index}",
                found.Length == 0 ? "no files" : found, "give the folder of a checkpoint");
        }

        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (var name in file.Names)
        {
            _fileOfTensor.Add(name, file);
        }
    }

    private void OpenShards(string index)
    {
        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (var (tensor, shard) in ReadIndex(index))
        {
            if (!shards.TryGetValue(shard, out var file))
            {
                file = OpenShard(index, tensor, shard);
                shards.Add(shard, file);
                _files.Add(file);
            }

            if (!file.Contains(tensor))
            {
                throw CheckpointException.Must(
                    index,
                    $"shard {CheckpointException.Quote(shard)}",
                    $"hold tensor {CheckpointException.Quote(tensor)}",
                    "none",
                    "get index and shards again, from one place");
            }

            _fileOfTensor[tensor] = file;
        }
    }

    private SafetensorsFile OpenShard(string index, string tensor, string shard)
    {
        // NOTE: names come from a downloaded file; a path in one could reach outside the folder.
        if (shard.Length == 0 || shard != Path.GetFileName(shard) || shard is "." or "..")
        {
            throw CheckpointException.Must(
                index,
                $"shard of tensor {CheckpointException.Quote(tensor)}",
                "be a file name",
                CheckpointException.Quote(shard),
                "get the index again");
        }

        var path = Path.Combine(Folder, shard);
        return File.Exists(path)
            ? SafetensorsFile.Open(path)
            : throw CheckpointException.Must(index, $"shard {CheckpointException.Quote(shard)} of tensor "
                + CheckpointException.Quote(tensor), "exist beside the index", "none", "get the missing shard");
    }

    private static List<(string Tensor, string Shard)> ReadIndex(string index)
    {
        using var document = CheckpointJson.Read(index);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("weight_map", out var map)
            || map.ValueKind != JsonValueKind.Object)
        {
            throw CheckpointException.Must(
                index, "the index", "have a 'weight_map' object", "none", "get the index again");
        }

        var entries = new List<(string Tensor, string Shard)>();
        foreach (var entry in map.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String)
            {
                throw CheckpointException.Must(index, $"shard of tensor {CheckpointException.Quote(entry.Name)}",
                    "be a text", $"{entry.Value.ValueKind}", "get the index again");
            }

            entries.Add((entry.Name, entry.Value.GetString()!));
        }

        return entries;
    }
}
