using ButlerRpc;

namespace Samples.Iproto;

// The code of a method is the Msg of its packets; the bytes behind the header are the message as go-iproto packs it:
// fixed little-endian integers, strings and lists with a u32 count, the members of a struct one after the other.

[ButlerMessage(Formats = MessageFormats.Iproto)]
public partial record Find(uint UserId);

[ButlerMessage(Formats = MessageFormats.Iproto)]
public partial record User(uint Id, string Name, List<string> Groups, [property: IprotoBer] ulong Quota);

[ButlerMessage(Formats = MessageFormats.Iproto)]
public partial record Visit(uint UserId, uint Page);

[ButlerMessage(Formats = MessageFormats.Iproto)]
public partial record Question(string Text);

[ButlerMessage(Formats = MessageFormats.Iproto)]
public partial record Answer(bool Yes);

/// <summary>What the server offers.</summary>
[ButlerService(Callback = typeof(IVisitor))]
public partial interface IUsers
{
    /// <summary>Msg 1: a call.</summary>
    [ButlerMethod(Code = 1)]
    ValueTask<User> FindAsync(Find find, CallContext context = default);

    /// <summary>Msg 2: a notice, which nobody answers.</summary>
    [ButlerMethod(Code = 2, OneWay = true)]
    ValueTask VisitedAsync(Visit visit, CancellationToken cancellationToken = default);
}

/// <summary>What the client offers to the server that it has called: the wire is the same in both directions.</summary>
[ButlerService]
public partial interface IVisitor
{
    /// <summary>Msg 10.</summary>
    [ButlerMethod(Code = 10)]
    ValueTask<Answer> AskAsync(Question question, CancellationToken cancellationToken = default);
}
