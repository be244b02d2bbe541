using System.ComponentModel;

namespace ButlerRpc.Codec;

/// <summary>Finding the member in which reading failed.</summary>
partial struct MessagePackReader
{
    /// <summary>
    /// Writes the failing member's name into a failure that passes. For the exception filters of generated codecs: it is false always, so nothing is caught and thrown
    /// again, and a message that is read without failure pays nothing for it.
    /// </summary>
    /// <param name="failure">What is passing.</param>
    /// <param name="start">Where the message began.</param>
    /// <param name="type">The message's name.</param>
    /// <param name="members">In the array layout the member of each index, null for none; in the map layout the keys.</param>
    /// <param name="isMap">The message is a map.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public readonly bool Locate(Exception failure, int start, string type, string?[] members, bool isMap = false)
    {
        if (failure is MalformedMessageException { Member: null } malformed)
            malformed.Member = Find(start, members, isMap, malformed.IsEnd) is { } member ? $"{type}.{member}" : type;
        return false;
    }

    // Everything before the failing value was read once, so it can be stepped over again; where that fails is the place, too.
    readonly string? Find(int start, string?[] members, bool isMap, bool isEnd)
    {
        var walk = new MessagePackReader(_bytes) { _position = start };
        string? member = null;
        try
        {
            var count = isMap ? walk.ReadMapHeader() : walk.ReadArrayHeader();
            for (var i = 0; i < count && (walk._position < _position || (isEnd && walk._position == _position)); i++)
            {
                member = isMap ? KeyAmong(members, walk.ReadTextBytes()) : i < members.Length ? members[i] : null;
                walk.Skip();
            }
        }
        catch (ButlerException)
        {
            // The walk came to the broken value: member is its name.
        }

        return member;
    }

    static string? KeyAmong(string?[] members, ReadOnlySpan<byte> key)
    {
        foreach (var member in members)
        {
            if (member is not null && key.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(member)))
                return member;
        }

        return null;
    }
}
