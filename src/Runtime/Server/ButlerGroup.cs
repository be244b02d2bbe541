using ButlerRpc.Calls;

namespace ButlerRpc;

/// <summary>What becomes of a member of a group that does not keep up.</summary>
public enum SlowMember
{
    /// <summary>It leaves the group, and <see cref="ButlerGroup{T}.OnDropped"/> is told.</summary>
    Drop,

    /// <summary>Of each method it is sent only the latest message, as soon as it has room again.</summary>
    Conflate,
}

/// <summary>
/// Peers to whom one call goes at once: a one-way method called on <see cref="All"/>, <see cref="Except"/> or <see cref="Of"/> is encoded once and given to each member.
/// A member that does not keep up never slows the others, and one whose session ends leaves by itself. Safe for use by several threads.
/// </summary>
/// <typeparam name="T">The service that the members offer; only its one-way methods can be called.</typeparam>
public sealed class ButlerGroup<T>
    where T : class, IButlerContract<T>
{
    readonly GroupMembers _members;

    /// <summary>A group without members.</summary>
    /// <param name="slow">What becomes of a member that does not keep up. Default: it leaves.</param>
    /// <param name="queuedBytes">A member is slow when so many bytes wait to be sent to it, or when it has as many messages in hand as it takes at once. Default 256 KiB.</param>
    public ButlerGroup(SlowMember slow = SlowMember.Drop, int queuedBytes = 256 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queuedBytes, 1);
        _members = new GroupMembers(slow, queuedBytes, member => OnDropped?.Invoke(member));
        All = T.Contract.CreateProxy(new GroupInvoker(_members, except: null, key: null));
    }

    /// <summary>Told of each member that has left because it was slow, with <see cref="SlowMember.Drop"/>. Not called under any lock.</summary>
    public Action<CallInvoker>? OnDropped { get; init; }

    /// <summary>The members.</summary>
    public int Count => _members.Count;

    /// <summary>Its methods go to every member.</summary>
    public T All { get; }

    /// <summary>Its methods go to every member but one.</summary>
    public T Except(CallInvoker peer) => T.Contract.CreateProxy(new GroupInvoker(_members, GroupMembers.SessionOf(peer), key: null));

    /// <summary>Its methods go to the members that were added with the key. Keep it, rather than make one per message.</summary>
    public T Of(object key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return T.Contract.CreateProxy(new GroupInvoker(_members, except: null, key));
    }

    /// <summary>
    /// Adds a peer. False: it is a member already, or its session has ended. To a member on iproto the messages must have that form, or the calls that would reach it fail.
    /// </summary>
    /// <param name="peer">
    /// The other end of a session: the <see cref="CallContext.Peer"/> of a call being served, a <see cref="ButlerSession"/>, or a channel; a session is one member, whichever it is.
    /// </param>
    /// <param name="key">What <see cref="Of"/> finds it by. Default: nothing.</param>
    /// <exception cref="ArgumentException">It is no peer of a session.</exception>
    public bool Add(CallInvoker peer, object? key = null)
    {
        var session = GroupMembers.SessionOf(peer);
        session.Announce(T.Contract.Name, T.Contract.Methods);
        return _members.Add(session, key);
    }

    /// <summary>Removes a peer. False: it was no member.</summary>
    public bool Remove(CallInvoker peer) => _members.Remove(GroupMembers.SessionOf(peer)) is not null;
}
