using RabbitMQ.Client.Events;

namespace ButlerRpc.RabbitMq.Connecting;

/// <summary>What RabbitMQ's client says of a failure, without the layers it puts around it.</summary>
static class Reasons
{
    public static string Of(Exception failure)
    {
        var innermost = failure;
        while (innermost.InnerException is { } inner)
            innermost = inner;
        return innermost == failure ? failure.Message : $"{failure.Message}: {innermost.Message}";
    }

    public static string Of(ShutdownEventArgs shutdown) => shutdown.Exception is { } failure ? Of(failure) : $"{shutdown.ReplyText} ({shutdown.ReplyCode})";
}
