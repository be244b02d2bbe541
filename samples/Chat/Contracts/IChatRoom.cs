using ButlerRpc;

namespace Chat.Contracts;

/// <summary>A room in which everybody hears what everybody says.</summary>
[ButlerService(Callback = typeof(IChatEvents))]
public partial interface IChatRoom
{
    /// <summary>
    /// Enters the room, and stays as long as the call lasts: whoever stops to enumerate, or loses the connection, has left. First comes what was said since
    /// the caller was here last; from then on the room calls back.
    /// </summary>
    /// <param name="name">The caller's name, which nobody else in the room may have.</param>
    /// <param name="after">The number of the last line that the caller knows; 0: none.</param>
    [Throws<NameTaken>]
    IAsyncEnumerable<CatchUp> EnterAsync([ButlerMaxLength(32)] string name, long after, CallContext context = default);

    /// <summary>Says something to all. A remark bears its author and a number, so that one that is sent twice is said once.</summary>
    /// <returns>The number of the line.</returns>
    [ButlerMethod(Idempotent = true)]
    ValueTask<long> SayAsync(Remark remark, CancellationToken cancellationToken = default);

    /// <summary>Says something to one member only.</summary>
    [Throws<NotHere>]
    ValueTask WhisperAsync(string from, string to, [ButlerMaxLength(2000)] string text, CancellationToken cancellationToken = default);
}

/// <summary>What the room tells its members. They are one-way, so that the room waits for nobody, and ordered, so that a reply is not heard before the question.</summary>
[ButlerService]
public partial interface IChatEvents
{
    /// <summary>Somebody, perhaps oneself, has said something.</summary>
    [ButlerMethod(OneWay = true, Ordered = true)]
    void Said(ChatLine line);

    /// <summary>Somebody else has come in, or was here before.</summary>
    [ButlerMethod(OneWay = true, Ordered = true)]
    void Entered(string name);

    /// <summary>Somebody else has left, or was lost.</summary>
    [ButlerMethod(OneWay = true, Ordered = true)]
    void Left(string name);

    /// <summary>Somebody has said something that nobody else hears.</summary>
    [ButlerMethod(OneWay = true, Ordered = true)]
    void Whispered(string from, string text);
}
