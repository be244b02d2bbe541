using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace ButlerRpc.Soak.Served;

/// <summary>What is called. It writes down what runs, and counts what has not ended.</summary>
sealed partial class SoakService(Journal journal) : ISoak, IPackets
{
    readonly ConcurrentDictionary<long, Lane> _lanes = new();
    readonly ConcurrentDictionary<ulong, StrongBox<int>> _crowds = new();
    int _open;

    /// <summary>Handlers and streams that have not ended.</summary>
    public int Open => Volatile.Read(ref _open);

    public async ValueTask<Receipt> DoAsync(Job job, CallContext context)
    {
        using var _ = Enter(job.Id);
        if (job.HoldMilliseconds > 0)
            Thread.Sleep(job.HoldMilliseconds);
        if (context.Metadata?.TryGet("echo", out var text) == true)
            context.ResponseMetadata.Add("echo", text);
        if (job.WaitMilliseconds > 0)
            await Task.Delay(job.WaitMilliseconds, context.CancellationToken);
        return job.Ending switch
        {
            Ending.Fault => throw new ButlerFaultException<Refused>(new Refused(job.Id)),
            Ending.Status => throw new ButlerException(ButlerStatus.Aborted, $"{job.Id}"),
            Ending.Crash => throw new DeliberateException(),
            _ => new Receipt(job.Id, job.Body),
        };
    }

    public ValueTask<Receipt> RepeatAsync(Job job, CallContext context) => DoAsync(job, context);

    public ValueTask TellAsync(long id, byte[] body)
    {
        journal.Ran(id);
        return default;
    }

    public async ValueTask<int> NextAsync(long id, long lane, int number, byte[] body, CallContext context)
    {
        using var _ = Enter(id);
        var of = _lanes.GetOrAdd(lane, _ => new Lane());
        if (Interlocked.Exchange(ref of.IsRunning, 1) == 1)
            return -2;
        await Task.Yield();
        var before = of.Last;
        of.Last = number;
        Volatile.Write(ref of.IsRunning, 0);
        return before;
    }

    public async ValueTask<int> CrowdAsync(long id, CallContext context)
    {
        using var _ = Enter(id);
        var crowd = _crowds.GetOrAdd(ButlerSession.Of(context.Peer).Id, _ => new StrongBox<int>());
        var together = Interlocked.Increment(ref crowd.Value);
        try
        {
            await Task.Delay(1, context.CancellationToken);
            return together;
        }
        finally
        {
            Interlocked.Decrement(ref crowd.Value);
        }
    }

    public async ValueTask<int> NestAsync(long id, int depth, CallContext context)
    {
        using var _ = Enter(id);
        return depth == 0 ? 0 : 1 + await context.Peer.Create<IGuest>().BackAsync(id + 1, depth - 1, context.CancellationToken);
    }

    public ValueTask<Packet> EchoAsync(Packet packet, CallContext context)
    {
        journal.Ran((long)packet.Id);
        return new(packet);
    }

    Entry Enter(long id)
    {
        journal.Ran(id);
        Interlocked.Increment(ref _open);
        return new Entry(this);
    }

    readonly struct Entry(SoakService service) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref service._open);
    }

    sealed class Lane
    {
        public int IsRunning;
        public int Last = -1;
    }
}

/// <summary>What a handler throws that nobody has declared.</summary>
sealed class DeliberateException : Exception;
