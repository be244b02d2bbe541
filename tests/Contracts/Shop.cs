using ButlerRpc.Contracts.External;

namespace ButlerRpc.Contracts.Tests;

sealed class Shop : IShop
{
    public List<int> Sent { get; } = [];

    public TimeSpan? RemainingTime { get; private set; }

    public CancellationToken Token { get; private set; }

    public string? Tag { get; private set; }

    public ValueTask<int> AddAsync(int a, int b, CancellationToken ct)
    {
        Token = ct;
        return new(a + b);
    }

    public ValueTask<string?> FindAsync(string? name, Colour colour, double factor, CallContext context)
    {
        RemainingTime = context.RemainingTime;
        return new(name is null ? null : $"{name}/{colour}/{factor.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
    }

    public Task<List<Line>> LinesAsync(Page<Line> page, CancellationToken ct) => Task.FromResult(page.Items.Reverse().ToList());

    public async ValueTask<Page<Line>> PageAsync(IReadOnlyList<Line> lines, (int From, int To) range, CancellationToken ct)
    {
        await Task.Yield();
        return new Page<Line>([.. lines.Skip(range.From).Take(range.To - range.From)], lines.Count);
    }

    public Task<string> NameAsync(int number, string name) => Task.FromResult(name);

    public Task PingAsync() => Task.FromException(new ButlerException(ButlerStatus.NotFound, "nobody is home"));

    public ValueTask TouchAsync(Text? text, string tag)
    {
        Tag = text?.Value + tag;
        return default;
    }

    public void Post(int number) => Sent.Add(number);

    public ValueTask SendAsync(int number, CancellationToken ct)
    {
        Sent.Add(number);
        return default;
    }

    public Task<int> OverAsync(int value) => Task.FromResult(value + 1);

    public Task<string> OverAsync(string value) => Task.FromResult(value + "!");

    public ValueTask<Guid> TakeAsync(Text text, CancellationToken @class) => throw new ButlerFaultException<OutOfStock>(new OutOfStock(text.Value, 3));
}
