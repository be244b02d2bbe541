using System.Collections.Concurrent;
using ButlerRpc;

namespace Samples.Iproto;

/// <summary>The service. It asks its caller back while it serves the call.</summary>
sealed class Users : IUsers
{
    readonly ConcurrentDictionary<uint, int> _visits = new();

    public async ValueTask<User> FindAsync(Find find, CallContext context)
    {
        var answer = await context.Peer.Create<IVisitor>().AskAsync(new Question($"may I show you user {find.UserId}?"), context.CancellationToken);
        return answer.Yes
            ? new User(find.UserId, "Ada", ["mathematics", "engines"], 300)
            : throw new ButlerException(ButlerStatus.PermissionDenied, "the caller does not want to know");
    }

    public ValueTask VisitedAsync(Visit visit, CancellationToken cancellationToken)
    {
        Console.WriteLine($"server | user {visit.UserId} has visited page {visit.Page}; visits: {_visits.AddOrUpdate(visit.UserId, 1, (_, n) => n + 1)}");
        return default;
    }
}

/// <summary>The client's end of the conversation.</summary>
sealed class Visitor : IVisitor
{
    public ValueTask<Answer> AskAsync(Question question, CancellationToken cancellationToken)
    {
        Console.WriteLine($"client | the server asks: {question.Text} Yes.");
        return new(new Answer(true));
    }
}
