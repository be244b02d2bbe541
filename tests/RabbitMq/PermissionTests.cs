using ButlerRpc.RabbitMq.Tests.Support;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Users of RabbitMQ that may do what the documentation says they must, and nothing else.</summary>
[Parallelizable(ParallelScope.All)]
public class PermissionTests
{
    [Test]
    public async Task Users_with_the_permissions_of_the_documentation_can_do_everything_and_nothing_that_is_not_theirs()
    {
        await using var place = await Place.OpenAsync(new RabbitMqOptions { CallsPerProvider = 1, QueuedCallsPerChannel = 2 });
        var (provider, consumer) = ($"provider-{place.Channel:N}", $"consumer-{place.Channel:N}");
        await place.Cluster.EvaluateAsync(Adding(provider, "provider", place.Channel) + Adding(consumer, "consumer", place.Channel) + "ok.");
        string By(string user, Guid channel) => place.Cluster.Of(channel).Replace("guest:guest", $"{user}:secret", StringComparison.Ordinal);

        var gate = new TaskCompletionSource();
        var provided = new Ledger { Book = Ledger.Until(gate.Task) };
        await place.ProvideAsync(provided, By(provider, place.Channel));
        var ledger = await place.CallAsync(By(consumer, place.Channel));
        Assert.That((await ledger.ReadAsync(new Entry(1))).Number, Is.EqualTo(1));
        await ledger.RecordAsync(new Entry(2));
        await provided.BegunAsync();
        await provided.BegunAsync();

        // A call that is cancelled, and one that a full queue sends back.
        using var source = new CancellationTokenSource();
        var running = ledger.BookAsync(new Entry(3), source.Token).AsTask();
        await provided.BegunAsync();
        await ledger.NoteAsync(new Entry(4));
        await ledger.NoteAsync(new Entry(5));
        (await Failing.OfAsync(ledger.BookAsync(new Entry(6)))).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull);
        source.Cancel();
        await provided.CancelledAsync();
        await Assert.ThatAsync(() => running, Throws.InstanceOf<OperationCanceledException>());
        await provided.BegunAsync();

        foreach (var (user, channel) in new[] { (consumer, place.Channel), (provider, Guid.NewGuid()) })
        {
            var refusal = await Assert.ThrowsAsync<ButlerException>(() => place.ProvideAsync(new Ledger(), By(user, channel)));
            Assert.That(refusal!.Message, Does.Contain("ACCESS_REFUSED"));
        }
    }

    // A user whose patterns are those in the table of the documentation.
    static string Adding(string user, string role, Guid channel)
    {
        var cells = File.ReadAllText(Repository.Path("docs", "broker-rabbitmq.md")).Split('\n').Single(line => line.StartsWith($"| {role} |", StringComparison.Ordinal)).Split('|', StringSplitOptions.TrimEntries)[2..5];
        var patterns = cells.Select(cell => $"<<\"^({string.Join('|', cell.Split(", ").Select(p => p.Trim('`').Replace("<channel>", channel.ToString("D"), StringComparison.Ordinal)))})$\">>");
        return $"""
            rabbit_auth_backend_internal:add_user(<<"{user}">>, <<"secret">>, <<"tests">>),
            rabbit_auth_backend_internal:set_permissions(<<"{user}">>, <<"/">>, {string.Join(", ", patterns).Replace("\\", "\\\\", StringComparison.Ordinal)}, <<"tests">>),

            """;
    }
}
