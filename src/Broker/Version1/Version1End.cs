using ButlerRpc.Broker.Channels;

namespace ButlerRpc.Broker.Version1;

/// <summary>A peer of version 1 in its role.</summary>
abstract class Version1End(Version1Peer peer, Channel channel, Version1Outbox outbox) : IFlushed
{
    public Version1Peer Peer { get; } = peer;

    public Channel Channel { get; } = channel;

    public Version1Outbox Outbox { get; } = outbox;

    public bool IsTouched { get; set; }

    protected bool IsStopping { get; set; }

    public void Flush() => Outbox.Flush();

    /// <summary>One frame that is no registration.</summary>
    public abstract void Receive(in Version1Header header, ReadOnlySpan<byte> payload, ref Guid? registration);

    /// <summary>It takes its place in the channel.</summary>
    public void Join() => InChannel(OnJoined);

    /// <summary>Its connection has ended.</summary>
    public void Leave()
    {
        InChannel(OnLeft);
        Peer.Broker.Channels.Leave(Channel);
    }

    /// <summary>The broker stops: it goes when nothing of it is under way.</summary>
    public void Stop() => InChannel(() =>
    {
        IsStopping = true;
        EndIfIdle();
    });

    /// <summary>What has to happen because time has passed; and when next.</summary>
    public virtual long OnTime(long now) => long.MaxValue;

    protected abstract int UnderWay { get; }

    protected abstract void OnJoined();

    protected abstract void OnLeft();

    protected void EndIfIdle()
    {
        if (IsStopping && UnderWay == 0)
            Outbox.CloseWhenEmpty();
    }

    protected void InChannel(Action action)
    {
        Channel.Enter();
        try
        {
            action();
        }
        finally
        {
            Channel.Exit();
        }
    }
}
