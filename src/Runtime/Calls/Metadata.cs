using System.Collections;
using System.Diagnostics.CodeAnalysis;
using ButlerRpc.Codec;

namespace ButlerRpc;

/// <summary>
/// What travels beside a request or a reply: names and texts, at most 8 KiB when encoded. Names are compared ordinally. Build one per call or share one
/// between calls; do not change it while a call that has it is being made.
/// </summary>
public sealed class Metadata : IEnumerable<KeyValuePair<string, string>>
{
    /// <summary>The most bytes it may have when encoded.</summary>
    public const int MostBytes = 8192;

    readonly Dictionary<string, string> _entries = new(StringComparer.Ordinal);

    /// <summary>How many entries it has.</summary>
    public int Count => _entries.Count;

    /// <summary>An entry; setting one that exists replaces it.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public string this[string name]
    {
        get => _entries[name];
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _entries[name] = value;
        }
    }

    /// <summary>Adds an entry.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _entries.Add(name, value);
    }

    /// <summary>Looks an entry up.</summary>
    public bool TryGet(string name, [MaybeNullWhen(false)] out string value) => _entries.TryGetValue(name, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds the entries of others; those that are there are replaced.</summary>
    internal void Take(Metadata others)
    {
        foreach (var (name, value) in others._entries)
            _entries[name] = value;
    }

    internal void Write(WriteBuffer buffer)
    {
        var start = buffer.WrittenCount;
        var writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(_entries.Count);
        foreach (var (name, value) in _entries)
        {
            writer.WriteString(name);
            writer.WriteString(value);
        }

        writer.Flush();
        var size = buffer.WrittenCount - start;
        if (size > MostBytes)
        {
            throw new ButlerException(
                ButlerStatus.ResourceExhausted, $"the metadata are {size} bytes; at most {MostBytes} are allowed", ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
        }
    }

    /// <summary>Adds what was encoded; an entry that is there is replaced.</summary>
    internal void Read(ReadOnlySpan<byte> encoded)
    {
        var reader = new MessagePackReader(encoded);
        var count = reader.ReadMapHeader();
        for (var i = 0; i < count; i++)
            _entries[reader.ReadString() ?? ""] = reader.ReadString() ?? "";
        reader.EnsureEnd();
    }
}
