using ButlerRpc.Contracts.External;

namespace ButlerRpc.Contracts.Tests;

/// <summary>Every shape of a parameter list and of a result.</summary>
[ButlerService]
partial interface IShop
{
    ValueTask<int> AddAsync(int a, int b, CancellationToken ct = default);

    ValueTask<string?> FindAsync(string? name, Colour colour = Colour.Green, double factor = 1.5, CallContext context = default);

    Task<List<Line>> LinesAsync(Page<Line> page, CancellationToken ct = default);

    ValueTask<Page<Line>> PageAsync(IReadOnlyList<Line> lines, (int From, int To) range, CancellationToken ct = default);

    Task<string> NameAsync(int number, string name);

    Task PingAsync();

    ValueTask TouchAsync(Text? text, [ButlerMaxLength(4)] string tag = "none");

    [ButlerMethod(OneWay = true)]
    void Post(int number);

    [ButlerMethod(OneWay = true)]
    ValueTask SendAsync(int number, CancellationToken ct = default);

    [ButlerMethod(Code = 77)]
    Task<int> OverAsync(int value);

#pragma warning disable BRPC1018 // every option at once, to see them in the descriptor
    [ButlerMethod(Code = 78, Idempotent = true, TimeoutMilliseconds = 1500, MaxInFlight = 3, Inline = true, Ordered = true)]
    Task<string> OverAsync(string value);
#pragma warning restore BRPC1018

    [Throws<OutOfStock>]
    ValueTask<Guid> TakeAsync(Text text, CancellationToken @class = default);

    int Twice(int value) => 2 * value;
}
