using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Sessions;

namespace ButlerRpc;

/// <summary>One member: a session, and what it has not been sent yet. Queued as a work item when its session has ended.</summary>
sealed class GroupMember(GroupMembers group, Session session, object? key) : IThreadPoolWorkItem
{
    readonly Lock _gate = new();
    readonly List<Unsent> _unsent = [];
    Retry? _retry;
    bool _isWatching;
    bool _hasLeft;

    public Session Session => session;

    public object? Key => key;

    public void Send(Method method, ReadOnlySpan<byte> body)
    {
        OfferResult result;
        lock (_gate)
        {
            if (_hasLeft)
                return;

            // What is kept goes first: a message must not overtake an older one.
            result = _unsent.Count == 0 ? session.Offer(method, body, group.QueuedBytes) : OfferResult.Slow;
            if (result == OfferResult.Slow && group.Policy == SlowMember.Conflate)
            {
                Keep(method, body);
                return;
            }
        }

        if (result == OfferResult.Slow)
            group.Drop(session);
    }

    /// <summary>It is sent nothing more: what is kept must neither reach one that was removed, nor come behind newer messages to one that was added again.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _hasLeft = true;
            _unsent.Clear();
        }
    }

    void IThreadPoolWorkItem.Execute() => group.Remove(session);

    // Under the gate.
    void Keep(Method method, ReadOnlySpan<byte> body)
    {
        var unsent = _unsent.Find(u => ReferenceEquals(u.Method, method));
        if (unsent is null)
            _unsent.Add(unsent = new Unsent(method));
        unsent.Set(body);
        if (!_isWatching)
            Watch();
    }

    void Watch()
    {
        _isWatching = true;
        _retry ??= new Retry(this);
        if (!session.WatchRoom(_retry, _unsent[0].Method, group.QueuedBytes))
            session.Host.Platform.Scheduler.Queue(_retry);
    }

    void SendUnsent()
    {
        lock (_gate)
        {
            _isWatching = false;
            while (_unsent is [var first, ..])
            {
                if (session.Offer(first.Method, first.Body, group.QueuedBytes) == OfferResult.Slow)
                {
                    Watch();
                    return;
                }

                _unsent.RemoveAt(0);
            }
        }
    }

    sealed class Retry(GroupMember member) : IThreadPoolWorkItem
    {
        public void Execute() => member.SendUnsent();
    }

    /// <summary>The latest message of a method.</summary>
    sealed class Unsent(Method method)
    {
        byte[] _body = [];
        int _length;

        public Method Method => method;

        public ReadOnlySpan<byte> Body => _body.AsSpan(0, _length);

        public void Set(ReadOnlySpan<byte> body)
        {
            if (_body.Length < body.Length)
                _body = new byte[body.Length];
            body.CopyTo(_body);
            _length = body.Length;
        }
    }
}

/// <summary>What a group's proxies call through: it encodes a message once, or once for each wire its members speak, and gives the bytes to each of them.</summary>
sealed class GroupInvoker(GroupMembers members, Session? except, object? key) : CallInvoker
{
    protected internal override void Start(ClientCall call)
    {
        if (call.Method.Shape != MethodShape.OneWay)
        {
            call.Fail(new ButlerException(
                ButlerStatus.FailedPrecondition, $"{call.Method.FullName} has an answer and cannot be called on a group: only one-way methods can", ButlerCertainty.NotExecuted));
            return;
        }

        var all = members.Of(key);
        WriteBuffer? packed = null, iproto = null;
        try
        {
            // Before the first is sent anything: what cannot be encoded for some is sent to nobody.
            if (all.Length == 0 || Array.Exists(all, static m => m.Session.Payload == PayloadFormat.MessagePack))
                packed = Encode(call, PayloadFormat.MessagePack);
            if (Array.Exists(all, static m => m.Session.Payload == PayloadFormat.Iproto))
                iproto = Encode(call, PayloadFormat.Iproto);
            foreach (var member in all)
            {
                if (!ReferenceEquals(member.Session, except))
                    member.Send(call.Method, (member.Session.Payload == PayloadFormat.Iproto ? iproto : packed)!.WrittenSpan);
            }
        }
        catch (Exception e)
        {
            call.Fail(e);
            return;
        }
        finally
        {
            Return(packed);
            Return(iproto);
        }

        call.Complete([0xC0]);
    }

    static WriteBuffer Encode(ClientCall call, PayloadFormat format)
    {
        var body = Scratch.Rent(int.MaxValue);
        try
        {
            call.Format = format;
            call.EncodeRequest(body);
            return body;
        }
        catch
        {
            Scratch.Return(body);
            throw;
        }
    }

    static void Return(WriteBuffer? body)
    {
        if (body is not null)
            Scratch.Return(body);
    }
}
