using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Wire;

/// <summary>What a consumer hears beside answers.</summary>
enum NoticeKind
{
    /// <summary>A queue of calls that run at most once was full, and sends the call back, which was never in it. By way of its dead letters, and before the broker's nack.</summary>
    Full,

    /// <summary>The queue of calls that run at most once has gone with what was in it: said by a provider that finds it gone, before it declares another.</summary>
    Gone,

    /// <summary>A mark that the consumer has sent itself: what the broker had for it before has come.</summary>
    Mark,
}

/// <summary>A message to a consumer that answers no call.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Id">The call's number, or the mark's; empty: of no single one.</param>
readonly record struct NoticeMessage(NoticeKind Kind, string Id = "")
{
    const string TypeOfGone = "gone";
    const string TypeOfMark = "mark";

    /// <summary>For those that are written here; the broker writes the other.</summary>
    public BasicProperties Write() => new() { CorrelationId = Id, Type = Kind == NoticeKind.Gone ? TypeOfGone : TypeOfMark };

    /// <summary>False: it is none, such as a call whose time was over while it waited.</summary>
    public static bool TryRead(IReadOnlyBasicProperties properties, out NoticeMessage notice)
    {
        NoticeKind? kind = properties.Type switch
        {
            TypeOfGone => NoticeKind.Gone,
            TypeOfMark => NoticeKind.Mark,
            _ => Headers.Bytes(properties, Headers.PutAsideFor) is { } reason && reason.AsSpan().SequenceEqual("maxlen"u8) ? NoticeKind.Full : null,
        };
        notice = new NoticeMessage(kind ?? default, properties.CorrelationId ?? "");
        return kind is not null;
    }
}
