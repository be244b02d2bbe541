using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ButlerRpc.RabbitMq.Connecting;

/// <summary>One connection in use. It is lost as a whole: when its connection ends, one of its AMQP channels does, or a queue it consumes has gone.</summary>
abstract class AmqpLine
{
    readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected AmqpLine(IConnection connection, string node)
    {
        Node = node;
        connection.ConnectionShutdownAsync += OnShutdown;
    }

    /// <summary>The node, without user and password.</summary>
    public string Node { get; }

    public bool IsLost => _lost.Task.IsCompleted;

    protected Task Lost => _lost.Task;

    /// <summary>Ends it.</summary>
    public void Lose(string why) => _lost.TrySetResult(why);

    public async Task<string> WaitUntilLostAsync(CancellationToken stopping)
    {
        using var registration = stopping.UnsafeRegister(static state => ((AmqpLine)state!).Lose("it was disposed"), this);
        return await _lost.Task;
    }

    /// <summary>Its end is the line's end.</summary>
    protected void Watch(IChannel amqp)
    {
        amqp.ChannelShutdownAsync += OnShutdown;
        if (amqp.CloseReason is { } reason)
            Lose(Reasons.Of(reason));
    }

    Task OnShutdown(object sender, ShutdownEventArgs shutdown)
    {
        Lose(Reasons.Of(shutdown));
        return Task.CompletedTask;
    }
}
