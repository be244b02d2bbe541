using ButlerRpc;
using ButlerRpc.Calls;
using Chat.Contracts;

namespace Chat.Server;

/// <summary>The room. One lock over all of it: to tell a group never waits for anybody, so it may be done under the lock, which keeps the lines in their order.</summary>
sealed class ChatRoom : IChatRoom
{
    const int LinesPerPage = 500;

    readonly Lock _gate = new();
    readonly Journal _journal;
    readonly Action<string> _tell;
    readonly ButlerGroup<IChatEvents> _members;
    readonly Dictionary<string, Member> _byName = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<CallInvoker, Member> _byPeer = [];

    public ChatRoom(Journal journal, Action<string> tell)
    {
        (_journal, _tell) = (journal, tell);
        _members = new ButlerGroup<IChatEvents> { OnDropped = OnTooSlow };
    }

    public async IAsyncEnumerable<CatchUp> EnterAsync(string name, long after, CallContext context)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
            throw new ButlerException(ButlerStatus.InvalidArgument, "a name is 1 to 32 characters, none of them a control character");
        var member = Admit(name, context.Peer);
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, context.Draining);
        using var registration = leaves.Token.UnsafeRegister(static member => ((Member)member!).Over.TrySetResult(), member);
        try
        {
            // Whoever is a member hears what is said from now on; what was said before is read here. A line in both bears the same number.
            for (var page = ReadPage(after); ; page = ReadPage(after))
            {
                yield return page;
                if (page.Missed.Count < LinesPerPage)
                    break;
                after = page.Missed[^1].Number;
            }

            await member.Over.Task;
        }
        finally
        {
            Release(member);
        }
    }

    public ValueTask<long> SayAsync(Remark remark, CancellationToken cancellationToken)
    {
        if (remark.Text.Any(char.IsControl) || string.IsNullOrWhiteSpace(remark.Author) || remark.Author.Any(char.IsControl))
            throw new ButlerException(ButlerStatus.InvalidArgument, "neither a text nor its author may have control characters");
        lock (_gate)
        {
            if (_journal.Find(remark) is { } known)
                return new(known);
            var line = _journal.Append(remark);
            _members.All.Said(line);
            if (line.Number % 20 == 0)
                _tell($"{line.Number} lines");
            return new(line.Number);
        }
    }

    public ValueTask WhisperAsync(string from, string to, string text, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_byName.TryGetValue(to, out var member))
                throw new ButlerFaultException<NotHere>(new NotHere(to), $"there is no {to} in the room");
            member.Alone.Whispered(from, text);
            return default;
        }
    }

    Member Admit(string name, CallInvoker peer)
    {
        lock (_gate)
        {
            if (_byName.ContainsKey(name))
                throw new ButlerFaultException<NameTaken>(new NameTaken(name), $"somebody else in the room is called {name}");
            if (!_members.Add(peer, key: name))
                throw new ButlerException(ButlerStatus.FailedPrecondition, "this connection is in the room under another name");
            var member = new Member(name, peer, _members.Of(name));
            foreach (var here in _byName.Keys)
                member.Alone.Entered(here);
            _byName.Add(name, member);
            _byPeer.Add(peer, member);
            _members.Except(peer).Entered(name);
            _tell($"{name} entered");
            return member;
        }
    }

    void Release(Member member)
    {
        lock (_gate)
        {
            _byName.Remove(member.Name);
            _byPeer.Remove(member.Peer);
            _members.Remove(member.Peer);
            _members.All.Left(member.Name);
            _tell($"{member.Name} left");
        }
    }

    CatchUp ReadPage(long after)
    {
        lock (_gate)
            return new CatchUp(_journal.After(after, LinesPerPage));
    }

    // It may enter again, and catch up with what it has missed.
    void OnTooSlow(CallInvoker peer)
    {
        lock (_gate)
        {
            if (_byPeer.TryGetValue(peer, out var member))
                member.Over.TrySetException(new ButlerException(ButlerStatus.ResourceExhausted, $"{member.Name} does not keep up"));
        }
    }

    /// <summary>Somebody who is here. <paramref name="Alone"/> reaches just this one.</summary>
    sealed record Member(string Name, CallInvoker Peer, IChatEvents Alone)
    {
        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
