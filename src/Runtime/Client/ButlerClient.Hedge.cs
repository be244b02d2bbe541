using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// Calls that are made a second time when the first answer takes long.
public sealed partial class ButlerClient
{
    void Hedge(ClientCall call, TimeSpan after) => new HedgedCall(this, call).Start(after);

    /// <summary>
    /// Holds a caller's call while up to two legs are under way. The first leg with an answer ends it; a failure ends it only when no leg is left. The legs
    /// are calls of their own: each has its slot, its certainty and its retries.
    /// </summary>
    sealed class HedgedCall(ButlerClient client, ClientCall call) : ICallOwner, ITimed
    {
        readonly Lock _gate = new();
        readonly List<Leg> _legs = [];
        long _due = long.MaxValue;
        int _running;
        bool _ended;
        bool _mayHaveRun; // by a leg that has failed

        public void Start(TimeSpan after)
        {
            _due = client._platform.Milliseconds + (long)after.TotalMilliseconds;
            call.Router = null;
            client._host.Clock.Add(this);
            client._host.Clock.Arm(_due);
            call.Adopt(this); // first: the caller may hold its task already, and the call be over once a leg is under way
            StartLeg();
        }

        public long OnTime(long now)
        {
            lock (_gate)
            {
                if (_ended || _due == long.MaxValue)
                    return long.MaxValue;
                if (_due > now)
                    return _due;
                _due = long.MaxValue;
            }

            // On the clock's thread no user code may run, and a codec may be a user's.
            if (client._budget.TrySpend(client.CallsStarted))
            {
                Interlocked.Increment(ref client._retries.Hedges);
                client._platform.Scheduler.Queue(new SecondLeg(this));
            }

            return long.MaxValue;
        }

        public void OnCancelled(ClientCall cancelled)
        {
            if (TryEnd(null))
                call.CancelLater(client._platform.Scheduler);
        }

        void StartLeg()
        {
            Leg leg;
            lock (_gate)
            {
                if (_ended)
                    return;
                leg = new Leg(this, call);
                _legs.Add(leg);
                _running++;
            }

            client.Route(leg);
        }

        // True for the one that may end the caller's call; the other leg is cancelled.
        bool TryEnd(Leg? winner)
        {
            Leg[] others;
            lock (_gate)
            {
                if (_ended)
                    return false;
                _ended = true;
                others = [.. _legs.Where(l => l != winner)];
            }

            client._host.Clock.Remove(this);
            foreach (var leg in others)
                leg.Cancel();
            return true;
        }

        sealed class SecondLeg(HedgedCall hedged) : IThreadPoolWorkItem
        {
            public void Execute() => hedged.StartLeg();
        }

        sealed class Leg : ClientCall
        {
            readonly HedgedCall _hedged;
            readonly ClientCall _call;
            readonly CancellationTokenSource _cancellation = new();

            public Leg(HedgedCall hedged, ClientCall call)
            {
                (_hedged, _call, Method) = (hedged, call, call.Method);
                CancellationToken = _cancellation.Token;
                Options = call.Options is { ResponseMetadata: not null } options ? options with { ResponseMetadata = new Metadata() } : call.Options; // only the winner's is the caller's
                Timeout = call.Timeout;
                Deadline = call.Deadline;
                Trace = call.Trace;
                AfterStart();
            }

            public override Method Method { get; }

            internal override TraceContext Trace { get; }

            // The caller's request must not be looked at once its call has ended: the object may be another call by then.
            public override bool EncodesInPlace => false;

            public override void EncodeRequest(WriteBuffer buffer)
            {
                lock (_hedged._gate)
                {
                    if (_hedged._ended)
                        throw new OperationCanceledException("the other leg has ended the call");
                    _call.Format = Format;
                    _call.EncodeRequest(buffer);
                }
            }

            public void Cancel() => _cancellation.Cancel();

            public override void Complete(ReadOnlySpan<byte> body)
            {
                if (!_hedged.TryEnd(this))
                    return;
                _call.Router = Router; // whose answer it is
                _call.Format = Format;
                if (Options?.ResponseMetadata is { } metadata)
                    _call.Options!.ResponseMetadata!.Take(metadata);
                _call.Complete(body);
            }

            public override void Fail(Exception failure)
            {
                bool last, mayHaveRun;
                lock (_hedged._gate)
                {
                    last = --_hedged._running == 0;
                    mayHaveRun = _hedged._mayHaveRun;
                    _hedged._mayHaveRun |= failure is not ButlerException { Certainty: ButlerCertainty.NotExecuted };
                }

                if (last && _hedged.TryEnd(this))
                    _call.Fail(mayHaveRun ? OfSeveralAttempts(failure) : failure);
            }
        }
    }
}
