using ButlerRpc.Platform;
using ButlerRpc.RabbitMq.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Connecting;

/// <summary>What is known of a channel's queue.</summary>
enum QueueState
{
    /// <summary>There is none, or the node that held it is down.</summary>
    Gone,

    /// <summary>It has no consumer.</summary>
    Unserved,

    /// <summary>Somebody consumes it.</summary>
    Served,

    /// <summary>It could not be found out.</summary>
    Unknown,
}

/// <summary>A look at a queue.</summary>
/// <param name="State">Whether it is there, and served.</param>
/// <param name="Waiting">How many messages wait in it; 0 also when it is not there, or is a quorum queue that has no leader at the moment.</param>
readonly record struct QueueLook(QueueState State, uint Waiting = 0);

/// <summary>
/// Looks whether the queues of a channel exist and whether anybody consumes them. RabbitMQ answers the question with an error that ends the AMQP channel it was asked on, so
/// it has one of its own.
/// </summary>
sealed class QueueWatch(IConnection connection, Topology topology, ButlerPlatform platform) : IDisposable
{
    const long SeenLately = 1000; // ms that an answer may be old for a call that only wants to fail early

    const long LongestElection = 3000; // ms, since the queue was seen to be served

    static readonly TimeSpan s_longestLook = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(50);

    readonly Lock _gate = new();
    readonly SemaphoreSlim _turn = new(1);
    readonly Task<QueueLook>?[] _next = new Task<QueueLook>?[2];
    IChannel? _amqp;
    long _lastServed = long.MinValue / 2;

    /// <summary>
    /// False: the lasting queue has no consumer at the moment, so that a call put there might wait for nobody. True when that is not found out soon. Of a quorum queue without a leader RabbitMQ says that
    /// it is empty and has no consumers, so one that was served just now is asked again until a leader would have been elected.
    /// </summary>
    public async ValueTask<bool> IsReliableServedAsync()
    {
        while (true)
        {
            if (platform.Milliseconds - Volatile.Read(ref _lastServed) < SeenLately)
                return true;
            var look = LookAsync(idempotent: true);
            using var enough = new CancellationTokenSource();
            if (await Task.WhenAny(look, Task.Delay(s_longestLook, platform.Time, enough.Token)) != look)
                return true;
            enough.Cancel();
            var seen = await look;
            if (seen.State is not (QueueState.Gone or QueueState.Unserved))
            {
                Volatile.Write(ref _lastServed, platform.Milliseconds);
                return true;
            }

            if (seen is not { State: QueueState.Unserved, Waiting: 0 } || platform.Milliseconds - Volatile.Read(ref _lastServed) >= LongestElection)
                return false;
            await Task.Delay(s_betweenLooks, platform.Time);
        }
    }

    /// <summary>How it is now, or a little later: whoever asks while a look is under way shares the one after it.</summary>
    public Task<QueueLook> LookAsync(bool idempotent)
    {
        lock (_gate)
            return _next[idempotent ? 1 : 0] ??= LookInTurnAsync(idempotent);
    }

    public void Dispose() => _turn.Dispose();

    async Task<QueueLook> LookInTurnAsync(bool idempotent)
    {
        await Task.Yield(); // whoever asks holds the gate
        await _turn.WaitAsync();
        try
        {
            lock (_gate)
                _next[idempotent ? 1 : 0] = null;
            if (_amqp is not { IsOpen: true })
                _amqp = await connection.CreateChannelAsync();
            var queue = await _amqp.QueueDeclarePassiveAsync(topology.QueueOf(idempotent));
            return new QueueLook(queue.ConsumerCount > 0 ? QueueState.Served : QueueState.Unserved, queue.MessageCount);
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason is { ReplyCode: 404 })
        {
            return new QueueLook(QueueState.Gone);
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            return new QueueLook(QueueState.Unknown);
        }
        finally
        {
            _turn.Release();
        }
    }
}
