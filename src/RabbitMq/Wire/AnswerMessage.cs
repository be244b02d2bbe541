using RabbitMQ.Client;

namespace ButlerRpc.RabbitMq.Wire;

/// <summary>What comes back for a call.</summary>
enum AnswerKind
{
    /// <summary>The body is the reply as its codec has written it.</summary>
    Reply,

    /// <summary>The body is the payload of an ERROR of the native wire; the status is in a header.</summary>
    Error,

    /// <summary>No answer yet: a provider that stops has the call, and will still answer.</summary>
    Held,
}

/// <summary>An answer as an AMQP message.</summary>
/// <param name="Id">The call's.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Status">Of an error.</param>
/// <param name="Metadata">As they were encoded; null: none.</param>
/// <param name="Contract">The contract lines of the provider, when the error says that they differ; null: none.</param>
/// <param name="Shape">Their hash.</param>
readonly record struct AnswerMessage(string Id, AnswerKind Kind, ButlerStatus Status = ButlerStatus.Ok, byte[]? Metadata = null, byte[]? Contract = null, ulong Shape = 0)
{
    const string Reply = "reply";
    const string Error = "error";
    const string Held = "held";

    public BasicProperties Write()
    {
        var properties = new BasicProperties { CorrelationId = Id, Type = Kind switch { AnswerKind.Reply => Reply, AnswerKind.Error => Error, _ => Held } };
        if (Kind == AnswerKind.Error)
            Set(Headers.Status, (int)Status);
        if (Metadata is not null)
            Set(Headers.Metadata, Metadata);
        if (Contract is not null)
        {
            Set(Headers.Contract, Contract);
            Set(Headers.Shape, (long)Shape);
        }

        return properties;

        void Set(string name, object value) => (properties.Headers ??= new Dictionary<string, object?>(2))[name] = value;
    }

    /// <summary>False: it is no answer.</summary>
    public static bool TryRead(IReadOnlyBasicProperties properties, out AnswerMessage message)
    {
        message = default;
        AnswerKind? kind = properties.Type switch { Reply => AnswerKind.Reply, Error => AnswerKind.Error, Held => AnswerKind.Held, _ => null };
        if (kind is not { } known || properties.CorrelationId is not { Length: > 0 } id)
            return false;
        var status = Headers.Number(properties, Headers.Status) ?? 0;
        if (known == AnswerKind.Error && status is < 1 or > (long)ButlerStatus.Unauthenticated)
            return false;
        message = new AnswerMessage(
            id, known, (ButlerStatus)status, Headers.Bytes(properties, Headers.Metadata), Headers.Bytes(properties, Headers.Contract),
            (ulong)(Headers.Number(properties, Headers.Shape) ?? 0));
        return true;
    }
}
