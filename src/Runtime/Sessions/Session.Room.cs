using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// Replies to a peer that does not read. A call of this end waits before it is sent; a reply waits before it is encoded: the handler's result stays where it is,
// the call keeps its slot, and the peer cannot start more. What is queued never passes the limit by more than one message and the frames that go between the
// parts of large ones.
sealed partial class Session
{
    /// <summary>The frames that may be queued although large messages fill the queue: they go between the parts of those, so they do not wait for them.</summary>
    const int FramesBetween = 192 * 1024;

    /// <summary>What else the session itself may have to say, however full the queue is: answers to pings, credit, ends.</summary>
    const int MostControl = 256 * 1024;

    readonly Queue<IThreadPoolWorkItem> _lateReplies = new();
    readonly LateSender _lateSender;
    bool _sendsLate;

    // Under the gate, or as a guess outside it. What is written after the end is thrown away, and must not wait for it.
    bool AdmitsFrame => QueuedBytes < Host.Limits.QueuedBytes || _filling.WrittenCount < FramesBetween || _state == SessionState.Closed;

    // Under the gate. Those that wait already go first, unless it fits in between.
    bool AdmitsReply(int length) => length <= _frameRoom
        ? AdmitsFrame
        : (QueuedBytes < Host.Limits.QueuedBytes && (_lateReplies.Count == 0 || _sendsLate)) || _state == SessionState.Closed;

    /// <summary>Lets a reply wait until the peer has read more.</summary>
    public void QueueReply(IThreadPoolWorkItem reply)
    {
        lock (_gate)
        {
            _lateReplies.Enqueue(reply);
            SendLateReplies();
        }
    }

    // The send queue has become shorter, whether it was sent or withdrawn: all who wait for room in it look again. Under the gate.
    void LetWaitersGoOn()
    {
        AdmitWaiting();
        TellRoomMade();
        if (_port is { WantsRoom: true } port)
            Host.Platform.Scheduler.Queue(new RoomMade(port));
        if (_wantRoom.Count + _wantOffers.Count > 0)
            GiveRoom();
        if (_lateReplies.Count > 0)
            SendLateReplies();
    }

    // Under the gate. They are encoded on the scheduler, for a codec may be a user's.
    void SendLateReplies()
    {
        if (_sendsLate || _lateReplies.Count == 0 || (QueuedBytes >= Host.Limits.QueuedBytes && _state != SessionState.Closed))
            return;
        _sendsLate = true;
        Host.Platform.Scheduler.Queue(_lateSender);
    }

    // A peer that keeps this end talking and does not read. On the read loop.
    void WatchControl()
    {
        if (QueuedBytes >= (long)Host.Limits.QueuedBytes + Host.Limits.MessageBytes + MostControl)
            throw new ProtocolViolationException("the peer asks for answers that it does not read", ButlerReason.SlowPeer);
    }

    sealed class LateSender(Session session) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            while (true)
            {
                IThreadPoolWorkItem? reply;
                lock (session._gate)
                {
                    if ((session.QueuedBytes >= session.Host.Limits.QueuedBytes && session._state != SessionState.Closed) || !session._lateReplies.TryDequeue(out reply))
                    {
                        session._sendsLate = false;
                        return;
                    }
                }

                reply.Execute();
            }
        }
    }
}
