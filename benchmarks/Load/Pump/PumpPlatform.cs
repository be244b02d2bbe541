using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc.Benchmarks.Load.Pump;

/// <summary>
/// A platform on which everything runs on one thread and the network is memory: what is left is the library's own work, without kernel, wake-ups and
/// other processes. A profile of it shows what a call is made of.
/// </summary>
sealed class PumpPlatform : ButlerPlatform
{
    readonly PumpScheduler _scheduler = new();
    readonly PumpTransport _transport;

    public PumpPlatform()
    {
        _transport = new PumpTransport(_scheduler);
        Time = new PumpTime(_scheduler);
    }

    public override TimeProvider Time { get; }

    public override long Milliseconds => Environment.TickCount64;

    public override ButlerScheduler Scheduler => _scheduler;

    public override ButlerRandom Random => StandardPlatform.Shared.Random;

    public override INameResolver Names => StandardPlatform.Shared.Names;

    public override IReadOnlyList<ITransport> Transports => [_transport];

    /// <summary>Runs what is queued until a condition holds.</summary>
    public void RunUntil(Func<bool> done) => _scheduler.RunUntil(done);
}

/// <summary>The real clock, its timers' callbacks on the pump's thread.</summary>
sealed class PumpTime(PumpScheduler scheduler) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(_ => scheduler.Queue(new Callback(callback, state)), null, dueTime, period);

    sealed class Callback(TimerCallback callback, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => callback(state);
    }
}

sealed class PumpScheduler : ButlerScheduler
{
    readonly Queue<IThreadPoolWorkItem> _items = new();
    readonly int _thread = Environment.CurrentManagedThreadId;
    readonly ConcurrentQueue<IThreadPoolWorkItem> _foreign = new(); // the timers' threads

    public override bool IsCurrent => Environment.CurrentManagedThreadId == _thread;

    public override void Queue(IThreadPoolWorkItem item)
    {
        if (IsCurrent)
            _items.Enqueue(item);
        else
            _foreign.Enqueue(item);
    }

    public void RunUntil(Func<bool> done)
    {
        while (!done())
        {
            for (var i = 0; i < 256; i++)
            {
                if (_items.TryDequeue(out var item) || _foreign.TryDequeue(out item))
                    item.Execute();
            }
        }
    }
}

sealed class PumpTransport(PumpScheduler scheduler) : ITransport
{
    readonly TaskCompletionSource<Connection?> _accepted = new();
    bool _listening;

    public IReadOnlyList<string> Schemes { get; } = ["mem"];

    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        var (ours, theirs) = (new PumpConnection(scheduler), new PumpConnection(scheduler));
        ours.Peer = theirs;
        theirs.Peer = ours;
        _accepted.SetResult(theirs);
        return new ValueTask<Connection>(ours);
    }

    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) =>
        new(new Listener(this, endpoint));

    sealed class Listener(PumpTransport transport, ButlerEndpoint endpoint) : ConnectionListener
    {
        readonly TaskCompletionSource<Connection?> _closed = new();

        public override ButlerEndpoint Endpoint => endpoint;

        public override ValueTask<Connection?> AcceptAsync()
        {
            if (transport._listening)
                return new ValueTask<Connection?>(_closed.Task);
            transport._listening = true;
            return new ValueTask<Connection?>(transport._accepted.Task);
        }

        public override ValueTask DisposeAsync()
        {
            _closed.TrySetResult(null);
            return default;
        }
    }
}

/// <summary>One end of a pipe in memory. A send copies, as a kernel would; a receive that waits goes on through the scheduler, as a pool thread would.</summary>
sealed class PumpConnection(PumpScheduler scheduler) : Connection, IValueTaskSource<int>, IThreadPoolWorkItem
{
    readonly byte[] _inbox = new byte[1 << 20];
    ManualResetValueTaskSourceCore<int> _receive;
    Memory<byte> _target;
    bool _waits;
    int _count;

    public PumpConnection Peer { get; set; } = null!;

    public long Sends { get; private set; }

    public override string LocalAddress => "pump";

    public override string RemoteAddress => "pump";

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_count > 0)
            return new ValueTask<int>(Take(buffer));
        _target = buffer;
        _waits = true;
        _receive.Reset();
        return new ValueTask<int>(this, _receive.Version);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Sends++;
        Peer.Arrive(bytes.Span);
        return default;
    }

    void Arrive(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_inbox.AsSpan(_count));
        _count += bytes.Length;
        if (!_waits)
            return;
        _waits = false;
        scheduler.Queue(this);
    }

    int Take(Memory<byte> buffer)
    {
        var part = Math.Min(buffer.Length, _count);
        _inbox.AsSpan(0, part).CopyTo(buffer.Span);
        _inbox.AsSpan(part, _count - part).CopyTo(_inbox);
        _count -= part;
        return part;
    }

    public void Execute() => _receive.SetResult(Take(_target));

    public int GetResult(short token) => _receive.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _receive.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _receive.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.FlowExecutionContext);

    public override void CloseWrite()
    {
    }

    public override void Abort()
    {
    }

    public override ValueTask DisposeAsync() => default;
}
