using System.Security.Cryptography;
using System.Text;
using Chat.Contracts;

namespace Chat.Client;

/// <summary>
/// What somebody has heard, line by line and each once, whether the room called back or the line was part of what had been missed. Lines that come too early
/// wait for those before them.
/// </summary>
sealed class Transcript
{
    readonly Lock _gate = new();
    readonly List<Remark> _lines = [];
    readonly Dictionary<long, Remark> _early = [];

    /// <summary>The number of the last line that is known, with all before it.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _lines.Count;
        }
    }

    /// <summary>Stands for all lines and their order.</summary>
    public string Fingerprint
    {
        get
        {
            lock (_gate)
                return FingerprintOf(_lines);
        }
    }

    public static string FingerprintOf(IEnumerable<Remark> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines.Select(l => $"{l.Author}\t{l.Number}\t{l.Text}")))))[..16];

    /// <summary>The lines that have become known by this one, in their order: none for a line that was heard before or comes too early.</summary>
    public IReadOnlyList<Remark> Hear(ChatLine line)
    {
        lock (_gate)
        {
            if (line.Number <= _lines.Count)
                return [];
            _early[line.Number] = line.Remark;
            var first = _lines.Count;
            while (_early.Remove(_lines.Count + 1, out var next))
                _lines.Add(next);
            return _lines[first..];
        }
    }
}
