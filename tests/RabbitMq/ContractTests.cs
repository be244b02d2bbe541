using ButlerRpc.Calls;
using ButlerRpc.RabbitMq.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Consumers whose contract is not the provider's.</summary>
[Parallelizable(ParallelScope.All)]
public class ContractTests
{
    [Test]
    public async Task Difference_that_does_no_harm_is_judged_once_and_the_call_goes_on()
    {
        await using var place = await Place.OpenAsync();
        var provided = new Ledger();
        await place.ProvideAsync(provided);
        var consumer = await place.ConsumeAsync();
        var other = Other(lines => lines);
        Assert.That((await consumer.CallAsync(other, new Entry(1))).Number, Is.EqualTo(1));
        Assert.That((await consumer.CallAsync(other, new Entry(2))).Number, Is.EqualTo(2));
        Assert.That(provided.Seen, Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public async Task Difference_that_does_harm_fails_the_call_before_it_runs_and_names_what_moved()
    {
        await using var place = await Place.OpenAsync();
        var provided = new Ledger();
        await place.ProvideAsync(provided);
        var consumer = await place.ConsumeAsync();
        var other = Other(lines => [.. lines.Select(l => l.Replace("Number int32", "Number string", StringComparison.Ordinal))]);
        var failure = await Failing.OfAsync(consumer.CallAsync(other, new Entry(1)));
        failure.AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.NotExecuted, ButlerReason.ContractMismatch);
        Assert.That(failure.Message, Does.Contain("Number"));
        Assert.That(provided.Seen, Is.Empty);
    }

    // The same method as an assembly of another version has it.
    static Method<Entry, Entry> Other(Func<IReadOnlyList<string>, IReadOnlyList<string>> change)
    {
        var book = (Method<Entry, Entry>)ContractOf<ILedger>().Single(m => m.Name == nameof(ILedger.BookAsync));
        return new Method<Entry, Entry>
        {
            Service = book.Service, Name = book.Name, Code = book.Code, Shape = book.Shape, RequestCodec = book.RequestCodec, ResponseCodec = book.ResponseCodec,
            ShapeHash = ~book.ShapeHash, ContractLines = change(book.ContractLines),
        };
    }

    static IReadOnlyList<Method> ContractOf<T>()
        where T : class, IButlerContract<T> => T.Contract.Methods;
}
