using ButlerRpc.Broker.Channels;
using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Native;

/// <summary>One end of a channel that speaks the native wire: what both roles have in common.</summary>
abstract class NativePort(ChannelTable channels, Channel channel, Session session) : RelayPort, IFlushed
{
    bool _opened;
    bool _closed;

    public Channel Channel { get; } = channel;

    public Session Session { get; } = session;

    public bool IsTouched { get; set; }

    public void Flush() => Session.FlushHeld();

    public override void BeginBatch() => Channel.Enter();

    public override void EndBatch() => Channel.Exit();

    public override void OnClosed() => Channel.Host.Platform.Scheduler.Queue(new Closing(this));

    public override void OnOpened()
    {
        Channel.Enter();
        try
        {
            if (_closed)
                return;
            _opened = true;
            Open();
        }
        finally
        {
            Channel.Exit();
        }
    }

    /// <summary>It takes its place in the channel.</summary>
    protected abstract void Open();

    /// <summary>Its session has ended.</summary>
    protected abstract void Close();

    /// <summary>Writes a frame of a call.</summary>
    protected SentPlace Write(in Parcel parcel, uint call)
    {
        var place = Session.Relay(
            new FrameHeader(parcel.Kind, parcel.Flags, parcel.Code, call, parcel.Payload.Length), parcel.Payload,
            (parcel.Flags & FrameFlags.Deadline) != 0 ? parcel.Deadline : long.MaxValue);
        Channel.Touch(this);
        if (Session.QueuedBytes > Channel.Limits.PeerBytes)
            EndSlow();
        return place;
    }

    /// <summary>Queues a message of several frames; what follows it in its lane waits until it has left.</summary>
    protected OutgoingMessage WriteLarge(in Parcel parcel, uint call, RelayedCall relayed, bool forth)
    {
        var large = parcel.Large!;
        var message = new OutgoingMessage(
            parcel.Kind, parcel.Code, call, large.Bytes, large.Count, parcel.Deadline == 0 ? long.MaxValue : parcel.Deadline, slot: -1, stream: null,
            large.Metadata, large.Trace, new LargeTaken(Channel, relayed, forth));
        (forth ? ref relayed.Forth : ref relayed.Back).IsBlocked = true;
        Session.RelayLarge(message);
        Channel.Touch(this);
        if (Session.QueuedBytes > Channel.Limits.PeerBytes)
            EndSlow();
        return message;
    }

    // It does not read what it asked for. Nobody else waits for it.
    void EndSlow()
    {
        Channel.Counters.SlowPeers++;
        BrokerLog.SlowPeer(Channel.Logger, Session.RemoteAddress, Channel.Id, Session.QueuedBytes);
        Session.Abort(ButlerReason.SlowPeer, $"{Session.RemoteAddress} has {Session.QueuedBytes} bytes to read; the broker keeps {Channel.Limits.PeerBytes}");
    }

    protected ProtocolViolationException Unexpected(in FrameHeader header) => new($"a frame {header.Kind} is not for this side of a channel to send");

    void CloseOnce()
    {
        Channel.Enter();
        try
        {
            if (_closed)
                return;
            _closed = true;
            if (_opened)
                Close();
        }
        finally
        {
            Channel.Exit();
        }

        channels.Leave(Channel);
    }

    sealed class Closing(NativePort port) : IThreadPoolWorkItem
    {
        public void Execute() => port.CloseOnce();
    }

    sealed class LargeTaken(Channel channel, RelayedCall call, bool forth) : IThreadPoolWorkItem
    {
        readonly int _version = call.Version;

        public void Execute()
        {
            channel.Enter();
            try
            {
                channel.Unblock(call, _version, forth);
            }
            finally
            {
                channel.Exit();
            }
        }
    }
}
