using System.Runtime.CompilerServices;
using ButlerRpc.Soak.Served;

namespace ButlerRpc.Soak.Calls;

/// <summary>Calls with streams, either way.</summary>
static class Streams
{
    public static Task CountAsync(Step step)
    {
        var count = step.Dice.Next(3000);
        var stop = step.Once(3) ? step.Dice.Next(count + 1) : int.MaxValue;
        var rest = step.Dice.Next(2000); // where the reader takes its time
        return step.CallAsync(async context =>
        {
            var at = 0;
            await foreach (var item in step.Route.Api.CountAsync(step.Id, 7, count, context))
            {
                step.Expect(7 + at, item, $"item {at}");
                if (at == stop)
                    return;
                if (at++ == rest)
                    await Task.Delay(20);
            }

            step.Expect(count, at, "the number of items");
        });
    }

    public static Task SumAsync(Step step)
    {
        var count = step.Dice.Next(2000);
        var breaks = step.Once(10) ? step.Dice.Next(count + 1) : -1;
        return step.CallAsync(
            async context => step.Expect(Sum(count), await step.Route.Api.SumAsync(step.Id, ItemsAsync(count, breaks), context), "the sum"),
            answers: e => breaks >= 0 && IsOwn(e));
    }

    public static Task DoubleAsync(Step step)
    {
        var count = step.Dice.Next(500);
        var fails = step.Once(4) ? step.Dice.Next(500) : int.MaxValue;
        var stop = step.Once(5) ? step.Dice.Next(500) : int.MaxValue;
        var at = 0;
        return step.CallAsync(
            async context =>
            {
                await foreach (var item in step.Route.Api.DoubleAsync(step.Id, ItemsAsync(count, -1), fails, context))
                {
                    step.Expect(at * 2, item, $"item {at}");
                    if (at++ == stop)
                        return;
                }

                step.Expect(Math.Min(count, fails), at, "the number of items");
                if (fails < count)
                    step.Broken($"the stream fails after {fails} of {count} items", "it ended well");
            },
            answers: e =>
            {
                var isIt = e is { Status: ButlerStatus.DataLoss, Certainty: ButlerCertainty.Executed } && fails < count;
                if (isIt)
                    step.Expect(fails, at, "the number of items before the failure");
                return isIt;
            });
    }

    public static Task LabelAsync(Step step)
    {
        var label = step.Bytes(step.Once(4) ? step.Dice.Next(1_500_000) : 100);
        var (items, others, size) = (step.Dice.Next(300), step.Dice.Next(20), step.Once(4) ? step.Dice.Next(100_000) : 50);
        return step.CallAsync(async context =>
        {
            var sum = await step.Route.Api.LabelAsync(step.Id, label, ItemsAsync(items, -1), BlocksAsync(others, size), context);
            step.Expect(label.Length + ((long)others * size) + Sum(items), sum, "the sum");
        });
    }

    public static Task PiecesAsync(Step step)
    {
        var whole = step.Bytes(step.Once(4) ? step.Dice.Next(400_000) : 1000);
        var (count, fails, stop) = (step.Dice.Next(20), step.Once(3), step.Once(5) ? step.Dice.Next(20) : int.MaxValue);
        var at = 0;
        return step.CallAsync(
            async context =>
            {
                await foreach (var piece in step.Route.Api.PiecesAsync(step.Id, whole, count, fails, context))
                {
                    if (!SoakService.Piece(whole, at).SequenceEqual(piece))
                        step.Broken($"piece {at} has {SoakService.Piece(whole, at).Length} bytes of {whole.Length}", $"it is another one, of {piece.Length} bytes");
                    if (at++ == stop)
                        return;
                }

                step.Expect(count, at, "the number of pieces");
                if (fails)
                    step.Broken("the stream fails after its pieces", "it ended well");
            },
            answers: e =>
            {
                var isIt = e is { Status: ButlerStatus.DataLoss, Certainty: ButlerCertainty.Executed } && fails;
                if (isIt)
                    step.Expect(count, at, "the number of pieces before the failure");
                return isIt;
            });
    }

    public static Task NewestAsync(Step step)
    {
        var (count, rest) = (1 + step.Dice.Next(2000), step.Dice.Next(3));
        return step.CallAsync(async context =>
        {
            var last = -1;
            await foreach (var item in step.Route.Api.NewestAsync(step.Id, count, context))
            {
                if (item <= last)
                    step.Broken($"an item above {last}", $"{item} came");
                last = item;
                if (rest > 0 && item % 100 == 0)
                    await Task.Delay(rest);
            }

            step.Expect(count - 1, last, "the last item");
        });
    }

    public static Task LatestAsync(Step step)
    {
        var (keys, rounds, rest) = (1 + step.Dice.Next(5), 1 + step.Dice.Next(200), step.Dice.Next(3));
        return step.CallAsync(async context =>
        {
            var last = new int[keys];
            Array.Fill(last, -1);
            await foreach (var price in step.Route.Api.LatestAsync(step.Id, keys, rounds, context))
            {
                if (price.Number <= last[price.Key])
                    step.Broken($"of key {price.Key} one above {last[price.Key]}", $"{price.Number} came");
                last[price.Key] = price.Number;
                if (rest > 0 && price.Number % 50 == 0)
                    await Task.Delay(rest);
            }

            for (var key = 0; key < keys; key++)
                step.Expect(rounds - 1, last[key], $"the last item of key {key}");
        });
    }

    static long Sum(long count) => count * (count - 1) / 2;

    static bool IsOwn(ButlerException e) => e.Message.Contains("given up by its writer", StringComparison.Ordinal);

    static async IAsyncEnumerable<int> ItemsAsync(int count, int breaks, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < count; i++)
        {
            if (i == breaks)
                throw new ButlerException(ButlerStatus.Aborted, "given up by its writer");
            if (i % 300 == 299)
                await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    static async IAsyncEnumerable<byte[]> BlocksAsync(int count, int size)
    {
        for (var i = 0; i < count; i++)
        {
            if (i % 5 == 4)
                await Task.Yield();
            yield return new byte[size];
        }
    }
}
