using System.Security.Claims;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

// HELLO and WELCOME. The acceptor looks at nothing behind HELLO until it has accepted it.
sealed partial class Session
{
    bool _prefaceRead;
    bool _helloRead;
    Hello? _hello;           // as acceptor: its token is being judged
    long _handshakeDue;

    PeerLimits OwnLimits => new(Host.Limits.CallsInFlight, Host.Limits.MessageBytes, Host.Limits.ReassemblyWindowBytes, Host.Limits.NotifiesInFlight);

    // The first bytes in the send buffer, before any call that is submitted.
    void WriteOpening()
    {
        _filling.Write(NativeFraming.Preface);
        WriteControl(FrameKind.Hello, 0, 0, buffer => new Hello(OwnLimits, 0, Host.Attachment, _token, SessionHost.Agent).Write(buffer));
    }

    // What must come first. True: the frame was part of the handshake.
    bool HandleHandshake(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (_isAcceptor)
        {
            if (header.Kind == FrameKind.Hello)
            {
                if (_helloRead)
                    throw new ProtocolViolationException("a second HELLO");
                AcceptHello(Hello.Read(payload));
                return true;
            }

            if (!_helloRead)
                throw new ProtocolViolationException("the first frame is not HELLO");
        }
        else
        {
            if (header.Kind == FrameKind.Welcome)
            {
                if (_helloRead)
                    throw new ProtocolViolationException("a second WELCOME");
                _helloRead = true;
                var welcome = Welcome.Read(payload);
                EndHandshake(welcome.Limits, welcome.SessionId);
                return true;
            }

            if (!_helloRead && header.Kind != FrameKind.Goaway)
                throw new ProtocolViolationException("it does not speak butler/1: the first frame is neither WELCOME nor GOAWAY");
        }

        return false;
    }

    void AcceptHello(Hello hello)
    {
        _helloRead = true;
        if (hello.Role != SessionRole.Peer && Host.Relay is null)
            throw new ProtocolViolationException($"the peer asks for the role {hello.Role}, which only a broker has");
        if (hello.Role == SessionRole.Peer && Host.Relay is not null)
            throw new ProtocolViolationException("the peer asks for no role; a broker takes consumers and providers");
        Id = Host.Platform.Random.NextUInt64();
        if (Host.Authenticator is null && Host.Relay is null)
            SendWelcome(hello);
        else
            _hello = hello; // nothing behind it is looked at until it has been judged
    }

    void SendWelcome(Hello hello)
    {
        lock (_gate)
            WriteControl(FrameKind.Welcome, 0, 0, buffer => new Welcome(OwnLimits, 0, Id, SessionHost.Agent).Write(buffer));
        EndHandshake(hello.Limits, Id);
    }

    // Apart from the read loop's method, where the lambda would allocate at each receive.
    void StartAuthentication(Hello hello) => Host.Platform.Scheduler.Start(() => AuthenticateAsync(hello));

    // The read loop stands still meanwhile; the handshake's time limit does not.
    async Task AuthenticateAsync(Hello hello)
    {
        ClaimsPrincipal? principal = null;
        var accepted = false;
        RelayPort? port = null;
        try
        {
            // What the connection has proved stands, where there is nobody to judge a token.
            principal = Host.Authenticator is { } authenticator
                ? await authenticator(new ButlerCredentials(hello.Token, Id, RemoteAddress, _connection.IsEncrypted), _ended.Token)
                : Principal;
            accepted = principal is not null || Host.Authenticator is null;
            if (accepted && Host.Relay is { } relay)
            {
                port = await relay.AttachAsync(this, hello, principal, _ended.Token);
                accepted = port is not null;
            }
        }
        catch (Exception e)
        {
            Log.AuthenticatorFailed(Host.Logger, e, RemoteAddress);
        }

        _hello = null;
        if (!accepted || _state == SessionState.Closed)
        {
            port?.OnClosed();
            // The same bytes whatever was wrong: an unknown user, a wrong secret, an expired token.
            EndLoop();
            Close(Errors.Dropped($"{RemoteAddress} was not accepted", handedOver: true, ButlerReason.Unauthenticated), goaway: true);
            return;
        }

        Principal = principal;
        _port = port;
        SendWelcome(hello);
        port?.OnOpened();
        if (_state == SessionState.Closed)
            port?.OnClosed(); // it may have ended before there was a port to be told
        FlushHeld();
        if (Digest(0, filled: false) is { } turn)
            Receive(turn);
    }

    void EndHandshake(PeerLimits limits, ulong id)
    {
        Id = id;
        lock (_gate)
        {
            _notifyCredit += limits.Notifies - _peer.Notifies;
            _peer = limits;
            _frameRoom = _framing.MaxFrame - _framing.HeaderSize;
            _messageLimit = Math.Min(limits.MaxMessage, Host.Limits.MessageBytes);
            RefuseTooLarge();
            _handshakeDue = long.MaxValue;
            if (_state == SessionState.Opening)
                _state = SessionState.Open;
            _lastUse = Host.Platform.Milliseconds;
            if (_watchesIdle)
                Host.Clock.Arm(_lastUse + (long)IdleTimeout.TotalMilliseconds);
            AdmitWaiting();
        }

        _opened.Set();
    }

    // What has waited for the peer's limits: it goes now, or never. Under the gate.
    void RefuseTooLarge()
    {
        foreach (var message in _large)
        {
            _loopWrote = true;
            if (message.Count <= _messageLimit || !message.TryWithdraw())
                continue;
            _largeBytes -= message.Count;
            if (message.Kind == FrameKind.Notify)
            {
                Log.NotifyFailed(Host.Logger, $"0x{message.Code:X}", $"it is {message.Count} bytes; {RemoteAddress} takes {_messageLimit}");
                continue;
            }

            var id = new CallId(message.Call);
            ref var slot = ref _slots[id.Slot];
            var call = slot.Call;
            if (!slot.TryLeavePending(id.Generation, SlotState.Abandoned))
                continue;
            slot.Call = null;
            slot.Streams?.Close(null);
            call!.FailLater(
                message.Kind == FrameKind.Request
                    ? Errors.TooLarge($"the request of {call.Method.FullName}", message.Count, _messageLimit)
                    : Errors.TooLarge($"an item of {call.Method.FullName}", message.Count, _messageLimit, certainty: ButlerCertainty.Unknown),
                Host.Platform.Scheduler);
            EndUnwanted(id, ref slot);
        }
    }

    // True when the preface is complete and right.
    static bool CheckPreface(ReadOnlySpan<byte> bytes)
    {
        var preface = NativeFraming.Preface;
        var have = Math.Min(bytes.Length, preface.Length);
        if (!bytes[..have].SequenceEqual(preface[..have]))
        {
            throw new ProtocolViolationException(
                have > 4 && bytes[..4].SequenceEqual(preface[..4]) ? $"the peer speaks version {bytes[4]}; this end speaks 1" : "the connection does not begin like butler/1");
        }

        return have == preface.Length;
    }

    // A control frame with its payload, under the gate.
    void WriteControl(FrameKind kind, uint code, uint call, Action<WriteBuffer>? payload = null)
    {
        var start = _filling.WrittenCount;
        _filling.GetSpan(_framing.HeaderSize)[.._framing.HeaderSize].Clear();
        _filling.Advance(_framing.HeaderSize);
        payload?.Invoke(_filling);
        var length = _filling.WrittenCount - start - _framing.HeaderSize;
        _framing.WriteHeader(_filling.Patch(start, _framing.HeaderSize), new FrameHeader(kind, FrameFlags.None, code, call, length));
        _framesFilled++;
    }
}
