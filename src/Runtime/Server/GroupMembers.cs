using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.Sessions;

namespace ButlerRpc;

/// <summary>Who is in a group. Whoever sends takes an array that is never changed; it is made anew by the first who sends after a change.</summary>
sealed class GroupMembers(SlowMember policy, int queuedBytes, Action<CallInvoker> dropped)
{
    readonly Lock _gate = new();
    readonly Dictionary<Session, GroupMember> _members = [];
    readonly Dictionary<object, GroupMember[]> _byKey = [];
    GroupMember[]? _all;

    public SlowMember Policy => policy;

    public int QueuedBytes => queuedBytes;

    public int Count
    {
        get
        {
            lock (_gate)
                return _members.Count;
        }
    }

    public static Session SessionOf(CallInvoker peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return peer.Carrier as Session ?? throw new ArgumentException(
            $"a {peer.GetType().Name} is no member of a group: add the Peer of a handler's CallContext, or a {nameof(ButlerSession)}", nameof(peer));
    }

    public bool Add(Session session, object? key)
    {
        var member = new GroupMember(this, session, key);
        lock (_gate)
        {
            if (!_members.TryAdd(session, member))
                return false;
            Forget(key);
        }

        if (session.WatchEnd(member))
            return true;
        Remove(session);
        return false;
    }

    public GroupMember? Remove(Session session)
    {
        GroupMember? member;
        lock (_gate)
        {
            if (!_members.Remove(session, out member))
                return null;
            Forget(member.Key);
            member.Leave(); // before the session can be added again
        }

        session.UnwatchEnd(member);
        return member;
    }

    /// <summary>A member has not kept up.</summary>
    public void Drop(Session session)
    {
        if (Remove(session) is null)
            return;
        try
        {
            dropped(session);
        }
        catch (Exception e)
        {
            Log.DroppedCallbackFailed(session.Host.Logger, e, session.RemoteAddress); // the message is for the others too
        }
    }

    /// <summary>The members with a key; null: all of them.</summary>
    public GroupMember[] Of(object? key)
    {
        lock (_gate)
        {
            if (key is null)
                return _all ??= [.. _members.Values];
            if (_byKey.TryGetValue(key, out var members))
                return members;
            members = [.. _members.Values.Where(m => key.Equals(m.Key))];
            if (members.Length > 0) // keys that nobody has are not remembered: they may be anything
                _byKey.Add(key, members);
            return members;
        }
    }

    void Forget(object? key)
    {
        _all = null;
        if (key is not null)
            _byKey.Remove(key);
    }
}
