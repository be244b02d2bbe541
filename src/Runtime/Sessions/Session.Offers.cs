using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

enum OfferResult
{
    /// <summary>It is in the send queue.</summary>
    Taken,

    /// <summary>The peer does not keep up; see <see cref="Session.WatchRoom"/>.</summary>
    Slow,

    /// <summary>The peer cannot be sent this message: its contract differs, or it is too large for it.</summary>
    Refused,

    /// <summary>The session takes nothing any more.</summary>
    Gone,
}

// One-way messages that were encoded once for many sessions. Nothing waits here: a session that has no room says so.
sealed partial class Session
{
    readonly List<IThreadPoolWorkItem> _wantOffers = [];
    List<IThreadPoolWorkItem>? _endWatchers;

    /// <summary>Sends a one-way message if less than <paramref name="mostQueued"/> bytes wait and the peer has credit left.</summary>
    public OfferResult Offer(Method method, ReadOnlySpan<byte> body, int mostQueued)
    {
        SendAction action;
        lock (_gate)
        {
            if (_state >= SessionState.Draining)
                return OfferResult.Gone;
            if (body.Length > PeerMessageLimit || (_iproto is not null && CannotCarry(method) is not null) || (_verdicts is { } verdicts && verdicts.TryGetValue(method.Code, out var obstacle) && obstacle is not null))
                return OfferResult.Refused;
            if (!HasRoomForOffers(method, mostQueued))
                return OfferResult.Slow;
            var id = new CallId(_isAcceptor, (int)(_notifiesSent >> 16), (int)(_notifiesSent & 0xFFFF));
            if (body.Length > _frameRoom || MustFollowLarge(method))
            {
                var bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(body.Length);
                body.CopyTo(bytes);
                QueueLarge(new OutgoingMessage(FrameKind.Notify, method.Code, id.Value, bytes, body.Length, long.MaxValue, slot: -1, isOrdered: method.Ordered));
            }
            else
            {
                _framing.WriteHeader(
                    _filling.GetSpan(_framing.HeaderSize + body.Length), new FrameHeader(FrameKind.Notify, FrameFlags.None, method.Code, _framing.NumberOf(id, oneWay: true), body.Length));
                _filling.Advance(_framing.HeaderSize);
                _filling.Write(body);
                _framesFilled++;
            }

            CountNotice();
            _lastUse = Host.Platform.Milliseconds;
            action = DecideStreamFlush(); // never on the thread of whoever sends to many
        }

        Act(action);
        return OfferResult.Taken;
    }

    /// <summary>Queues <paramref name="work"/>, once, when an offer that was <see cref="OfferResult.Slow"/> may be made again. False: it may now.</summary>
    public bool WatchRoom(IThreadPoolWorkItem work, Method method, int mostQueued)
    {
        lock (_gate)
        {
            if (_state >= SessionState.Draining || HasRoomForOffers(method, mostQueued))
                return false;
            _wantOffers.Add(work);
            return true;
        }
    }

    /// <summary>Queues <paramref name="work"/> when the session has ended. False: it has.</summary>
    public bool WatchEnd(IThreadPoolWorkItem work)
    {
        lock (_gate)
        {
            if (_state == SessionState.Closed)
                return false;
            (_endWatchers ??= []).Add(work);
            return true;
        }
    }

    public void UnwatchEnd(IThreadPoolWorkItem work)
    {
        lock (_gate)
            _endWatchers?.Remove(work);
    }

    bool HasRoomForOffers(Method method, int mostQueued) => _notifyCredit > 0 && AdmitsMessages && QueuedBytes < mostQueued && !MustFollowOrdered(method);

    // Under the gate.
    void TellRoomForOffers()
    {
        foreach (var work in _wantOffers)
            Host.Platform.Scheduler.Queue(work);
        _wantOffers.Clear();
    }

    void TellEnd()
    {
        List<IThreadPoolWorkItem>? watchers;
        lock (_gate)
        {
            watchers = _endWatchers;
            _endWatchers = null;
            TellRoomForOffers();
        }

        foreach (var work in watchers ?? [])
            Host.Platform.Scheduler.Queue(work);
    }
}
