namespace ButlerRpc.Soak.Calls;

/// <summary>A kind of step.</summary>
/// <param name="Name">What it is called in the totals.</param>
/// <param name="Weight">How often it is chosen.</param>
/// <param name="RunAsync">Does it.</param>
sealed record Operation(string Name, int Weight, Func<Step, Task> RunAsync)
{
    /// <summary>Only over sessions of native clients: nothing that a broker passes on.</summary>
    public bool IsDirect { get; init; }

    public bool IsIproto { get; init; }

    public bool IsOneWay { get; init; }

    /// <summary>It is made by a client of its own, which leaves in the middle.</summary>
    public bool IsVisit { get; init; }

    public static readonly IReadOnlyList<Operation> All =
    [
        new("do", 20, Unary.DoAsync),
        new("repeat", 15, Unary.RepeatAsync),
        new("edge", 6, Unary.EdgeAsync),
        new("tell", 10, Unary.TellAsync) { IsOneWay = true },
        new("order", 4, Sessions.OrderAsync) { IsDirect = true },
        new("limit", 4, Sessions.LimitAsync) { IsDirect = true },
        new("nest", 8, Sessions.NestAsync) { IsDirect = true },
        new("watch", 2, Sessions.WatchAsync) { IsDirect = true },
        new("visit", 1, Sessions.VisitAsync) { IsVisit = true },
        new("count", 10, Streams.CountAsync),
        new("sum", 8, Streams.SumAsync),
        new("double", 8, Streams.DoubleAsync),
        new("label", 6, Streams.LabelAsync),
        new("pieces", 8, Streams.PiecesAsync),
        new("newest", 3, Streams.NewestAsync),
        new("latest", 3, Streams.LatestAsync),
        new("packet", 10, Unary.PacketAsync) { IsIproto = true },
    ];

    public bool Fits(Route route) => IsIproto == route.IsIproto && (!IsDirect || route.Client is not null);
}
