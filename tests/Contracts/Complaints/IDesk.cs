using System.Runtime.CompilerServices;

namespace ButlerRpc.Contracts.Tests.Complaints;

/// <summary>What the complaints are tried on.</summary>
[ButlerService(Callback = typeof(IDeskCaller))]
public partial interface IDesk
{
    ValueTask<int> WorkAsync(int value, CallContext context = default);

    [Throws<SoldOut>]
    ValueTask<int> BuyAsync(string sku, int units, CancellationToken cancellationToken = default);

    [ButlerMethod(Ordered = true)]
    ValueTask<int> QueueAsync(int value, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> CountAsync(int count, CallContext context = default);

    [ButlerMethod(Overflow = StreamOverflow.DropOldest)]
    IAsyncEnumerable<int> NewestAsync(CallContext context = default);

    ValueTask<int> SumAsync(IAsyncEnumerable<int> numbers, CallContext context = default);
}

/// <summary>The other direction.</summary>
[ButlerService]
public partial interface IDeskCaller
{
    ValueTask<int> AskAsync(int value, CallContext context = default);
}

[ButlerMessage(Code = 901)]
public sealed partial record SoldOut(string Sku, int Left, DateOnly Expected);

/// <summary>A desk whose handlers the test sets.</summary>
sealed class Desk : IDesk
{
    public Func<int, CallContext, ValueTask<int>> Work { get; set; } = static (value, _) => new(value);

    public Func<int, ValueTask<int>> Queue { get; set; } = static value => new(value);

    public Func<int, CallContext, IAsyncEnumerable<int>> Count { get; set; } = static (count, context) => Numbers.RangeAsync(count, context.CancellationToken);

    public Func<CallContext, IAsyncEnumerable<int>> Newest { get; set; } = static context => Numbers.RangeAsync(10, context.CancellationToken);

    public ValueTask<int> WorkAsync(int value, CallContext context) => Work(value, context);

    public ValueTask<int> BuyAsync(string sku, int units, CancellationToken cancellationToken) =>
        throw new ButlerFaultException<SoldOut>(new SoldOut(sku, units - 1, new DateOnly(2031, 5, 6)));

    public ValueTask<int> QueueAsync(int value, CancellationToken cancellationToken) => Queue(value);

    public IAsyncEnumerable<int> CountAsync(int count, CallContext context) => Count(count, context);

    public IAsyncEnumerable<int> NewestAsync(CallContext context) => Newest(context);

    public async ValueTask<int> SumAsync(IAsyncEnumerable<int> numbers, CallContext context)
    {
        var sum = 0;
        await foreach (var number in numbers)
            sum += number;
        return sum;
    }
}

/// <summary>A client whose answers the test sets.</summary>
sealed class DeskCaller : IDeskCaller
{
    public Func<int, CallContext, ValueTask<int>> Ask { get; set; } = static (value, _) => new(value);

    public ValueTask<int> AskAsync(int value, CallContext context) => Ask(value, context);
}

static class Numbers
{
    public static async IAsyncEnumerable<int> RangeAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }

        await Task.CompletedTask;
    }
}
