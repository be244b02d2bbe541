using ButlerRpc.Calls;
using ButlerRpc.Contracts;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// The contract check. The caller announces the shapes of a service's methods (BIND) before it calls them, without waiting. The callee refuses the methods whose
// shapes differ and says how they look on its side (SCHEMA); the caller judges the differences as the analyzer does, accepts those that do no harm and fails the others
// locally, naming what moved. What was refused in between is sent again.
sealed partial class Session
{
    const int MostBound = 1000; // as many as fit into a frame; a service with more is not checked

    readonly Dictionary<string, IReadOnlyList<Method>> _announced = new(StringComparer.Ordinal);
    readonly List<ClientCall> _refusedCalls = [];
    HashSet<uint>? _refusedCodes;                    // as callee: methods the caller has not accepted; read loop only
    volatile Dictionary<uint, string?>? _verdicts;   // as caller, by method code: null when accepted, else why it cannot be called

    protected internal override void Announce(string service, IReadOnlyList<Method> methods)
    {
        SendAction action;
        lock (_gate)
        {
            if (!WriteBind(service, methods))
                return;
            action = DecideFlush();
        }

        Act(action);
    }

    // Under the gate.
    bool WriteBind(string service, IReadOnlyList<Method> methods)
    {
        List<Method> described = [];
        foreach (var method in methods)
        {
            if (method.ShapeHash != 0)
                described.Add(method);
        }

        if (_state >= SessionState.Draining || (_framing.Capabilities & FramingCapabilities.Handshake) == 0
            || described.Count is 0 or > MostBound || !_announced.TryAdd(service, described))
        {
            return false;
        }

        WriteControl(FrameKind.Bind, 0, 0, buffer => BindPayload.Write(buffer, service, described, accept: false));
        return true;
    }

    // As callee.
    void HandleBind(ReadOnlySpan<byte> payload)
    {
        var methods = new List<(uint Code, ulong Hash)>();
        BindPayload.Read(payload, methods, out var accept);
        foreach (var (code, hash) in methods)
        {
            if (accept)
            {
                _refusedCodes?.Remove(code);
            }
            else if (_services.Find(code)?.Method is { ShapeHash: not 0 } method && method.ShapeHash != hash)
            {
                // Behind a broker this session carries the calls of many: the broker keeps back those who have not accepted the difference.
                if (Host.Attachment.Role != SessionRole.Provider)
                    (_refusedCodes ??= []).Add(code);
                WatchControl();
                lock (_gate)
                    WriteControl(FrameKind.Schema, 0, 0, buffer => SchemaPayload.Write(buffer, method, buffer.WrittenCount + _framing.MaxFrame - _framing.HeaderSize));
                _loopWrote = true;
            }
        }
    }

    // As caller: judged on the scheduler, since it is work.
    void HandleSchema(ReadOnlySpan<byte> payload)
    {
        var (code, lines) = SchemaPayload.Read(payload);
        Method? method;
        lock (_gate)
            method = _announced.Values.SelectMany(m => m).FirstOrDefault(m => m.Code == code);
        if (method is null)
            throw new ProtocolViolationException("a SCHEMA for a method that was not announced");
        Host.Platform.Scheduler.Queue(new Judgement(this, method, lines));
    }

    void Judge(Method method, string[] theirs)
    {
        var obstacles = MethodReading.Obstacles(method.ContractLines, theirs);
        var verdict = obstacles.Count == 0 ? null : PeerText.Reason(string.Join("; ", obstacles)); // they quote the peer's names
        List<ClientCall> refused;
        var action = SendAction.None;
        lock (_gate)
        {
            _verdicts = new Dictionary<uint, string?>(_verdicts ?? []) { [method.Code] = verdict };
            if (verdict is null && _state < SessionState.Closed)
            {
                WriteControl(FrameKind.Bind, 0, 0, buffer => BindPayload.Write(buffer, method.Service, [method], accept: true));
                action = DecideFlush();
            }

            refused = _refusedCalls.Where(c => c.Method.Code == method.Code).ToList();
            _refusedCalls.RemoveAll(refused.Contains);
        }

        Act(action);
        foreach (var call in refused)
            EndRefused(call, verdict);
    }

    // The callee has refused a call because its method's shapes differ. On the scheduler.
    void OnRefused(ClientCall call)
    {
        string? verdict;
        lock (_gate)
        {
            if (_verdicts is not { } verdicts || !verdicts.TryGetValue(call.Method.Code, out verdict))
            {
                // The SCHEMA is being judged, unless there is none to come.
                if (_state < SessionState.Closed && _announced.Values.Any(methods => methods.Any(m => m.Code == call.Method.Code)))
                {
                    call.Tag = -1;
                    _refusedCalls.Add(call);
                    Host.Clock.Arm(call.Deadline);
                    call.Adopt(this);
                    return;
                }

                verdict = _state < SessionState.Closed ? "the other side refuses what was not announced to it" : "the session ended before it could be judged";
            }
        }

        EndRefused(call, verdict);
    }

    void EndRefused(ClientCall call, string? verdict)
    {
        if (verdict is not null || call.SendsStreams)
            call.Fail(Errors.Mismatch(call.Method.FullName, verdict ?? "both sides have just agreed that it does no harm; call again"));
        else
            Resubmit(call);
    }

    // Its caller awaits it already: a failure must not run the continuation under anybody's lock, nor here.
    void Resubmit(ClientCall call)
    {
        lock (_gate)
        {
            if (_state < SessionState.Draining)
            {
                call.Tag = -1;
                WaitingLike(call.Method).Enter(call);
                Host.Clock.Arm(call.Deadline);
                call.Adopt(this);
                AdmitWaiting();
                return;
            }
        }

        call.Fail(Errors.Dropped("the session has ended", handedOver: false, CloseReason?.Reason ?? ButlerReason.Stopped));
    }

    sealed class Judgement(Session session, Method method, string[] theirs) : IThreadPoolWorkItem
    {
        public void Execute() => session.Judge(method, theirs);
    }

    sealed class Refusal(Session session, ClientCall call) : IThreadPoolWorkItem
    {
        public void Execute() => session.OnRefused(call);
    }
}
