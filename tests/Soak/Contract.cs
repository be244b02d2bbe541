namespace ButlerRpc.Soak;

/// <summary>How a handler ends.</summary>
enum Ending
{
    Reply,
    Fault,
    Status,
    Crash,
}

/// <summary>What a handler is to do, in this order: hold its thread, wait, end.</summary>
[ButlerMessage(Code = 1)]
readonly partial record struct Job(long Id, Ending Ending, int HoldMilliseconds, int WaitMilliseconds, byte[] Body);

[ButlerMessage(Code = 2)]
readonly partial record struct Receipt(long Id, byte[] Body);

[ButlerMessage(Code = 3)]
partial record Refused(long Id);

[ButlerMessage(Code = 4)]
readonly partial record struct Price(int Key, int Number);

[ButlerMessage(Formats = MessageFormats.Iproto)]
partial record Packet(ulong Id, byte[] Body);

/// <summary>Every shape of call that there is. Each is told the call's number, under which the journal finds it.</summary>
[ButlerService(Callback = typeof(IGuest))]
partial interface ISoak
{
    [Throws<Refused>]
    ValueTask<Receipt> DoAsync(Job job, CallContext context = default);

    [ButlerMethod(Code = 50, Idempotent = true)]
    ValueTask<Receipt> RepeatAsync(Job job, CallContext context = default);

    [ButlerMethod(OneWay = true)]
    ValueTask TellAsync(long id, byte[] body);

    /// <summary>Gives the number of the lane's call before, and -2 when two run at once.</summary>
    [ButlerMethod(Ordered = true)]
    ValueTask<int> NextAsync(long id, long lane, int number, byte[] body, CallContext context = default);

    /// <summary>Gives how many of the session run at once.</summary>
    [ButlerMethod(MaxInFlight = SoakLimits.Crowd)]
    ValueTask<int> CrowdAsync(long id, CallContext context = default);

    IAsyncEnumerable<int> CountAsync(long id, int from, int count, CallContext context = default);

    ValueTask<long> SumAsync(long id, IAsyncEnumerable<int> items, CallContext context = default);

    /// <summary>Gives each item twice as large; throws when <paramref name="fails"/> of them have come.</summary>
    IAsyncEnumerable<int> DoubleAsync(long id, IAsyncEnumerable<int> items, int fails, CallContext context = default);

    ValueTask<long> LabelAsync(long id, byte[] label, IAsyncEnumerable<int> items, IAsyncEnumerable<byte[]> others, CallContext context = default);

    /// <summary>Gives beginnings of the whole, and then fails if it is told to.</summary>
    IAsyncEnumerable<byte[]> PiecesAsync(long id, byte[] whole, int count, bool fails, CallContext context = default);

    [ButlerMethod(Overflow = StreamOverflow.DropOldest)]
    IAsyncEnumerable<int> NewestAsync(long id, int count, CallContext context = default);

    [ButlerMethod(Overflow = StreamOverflow.LatestByKey, Key = nameof(Price.Key))]
    IAsyncEnumerable<Price> LatestAsync(long id, int keys, int rounds, CallContext context = default);

    /// <summary>Calls back, which calls again, until the depth is reached.</summary>
    ValueTask<int> NestAsync(long id, int depth, CallContext context = default);

    /// <summary>As long as it lasts, the caller is a member of the server's groups.</summary>
    IAsyncEnumerable<int> WatchAsync(long id, int milliseconds, CallContext context = default);
}

/// <summary>What the server calls back.</summary>
[ButlerService]
partial interface IGuest
{
    ValueTask<int> BackAsync(long id, int depth, CallContext context = default);

    /// <summary>From a group: the numbers of a server rise.</summary>
    [ButlerMethod(OneWay = true, Ordered = true)]
    void Heard(int group, int number, byte[] body, CallContext context = default);
}

/// <summary>What peers of iproto call, on a port that they share with native ones.</summary>
[ButlerService]
partial interface IPackets
{
    [ButlerMethod(Code = 7)]
    ValueTask<Packet> EchoAsync(Packet packet, CallContext context = default);
}

static class SoakLimits
{
    public const int Crowd = 4;
}
