using System.Globalization;
using Chat.Contracts;

namespace Chat.Server;

/// <summary>
/// Everything that was said, in a file too, so that a server that was killed goes on where it was. A line is in the file before anybody hears it. Not safe
/// for use by several threads.
/// </summary>
sealed class Journal : IDisposable
{
    readonly List<ChatLine> _lines = [];
    readonly Dictionary<(string Author, int Number), long> _known = [];
    readonly StreamWriter _file;

    public Journal(string path)
    {
        var whole = Restore(path);
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        stream.SetLength(whole); // half a line, of a server that was killed while it wrote
        stream.Seek(0, SeekOrigin.End);
        _file = new StreamWriter(stream) { AutoFlush = true };
    }

    public int Count => _lines.Count;

    /// <summary>The lines behind one, at most so many.</summary>
    public IReadOnlyList<ChatLine> After(long number, int most)
    {
        var first = (int)Math.Clamp(number, 0, _lines.Count);
        return _lines.GetRange(first, Math.Min(most, _lines.Count - first));
    }

    /// <summary>The line of a remark that was said before; null: it was not.</summary>
    public long? Find(Remark remark) => _known.TryGetValue((remark.Author, remark.Number), out var line) ? line : null;

    public ChatLine Append(Remark remark)
    {
        var line = new ChatLine(_lines.Count + 1, remark);
        _file.Write(string.Create(CultureInfo.InvariantCulture, $"{remark.Author}\t{remark.Number}\t{remark.Text}\n"));
        Remember(line);
        return line;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Reads the lines of a file; an incomplete last one is left out. Returns the length of what was read, in bytes.</summary>
    long Restore(string path)
    {
        if (!File.Exists(path))
            return 0;
        var bytes = File.ReadAllBytes(path);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        foreach (var line in System.Text.Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var columns = line.Split('\t', 3);
            Remember(new ChatLine(_lines.Count + 1, new Remark(columns[0], int.Parse(columns[1], CultureInfo.InvariantCulture), columns[2])));
        }

        return whole;
    }

    void Remember(ChatLine line)
    {
        _lines.Add(line);
        _known.Add((line.Remark.Author, line.Remark.Number), line.Number);
    }
}
