using System.Runtime.CompilerServices;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Differential;

/// <summary>One end of a conversation: called directly, or over a session.</summary>
interface IParty
{
    ValueTask<int> Work(int value, CancellationToken cancellationToken);

    IAsyncEnumerable<int> Count(int value, CancellationToken cancellationToken);

    ValueTask<int> Sum(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken);

    IAsyncEnumerable<int> Talk(int times, IAsyncEnumerable<int> numbers, CancellationToken cancellationToken);
}

/// <summary>
/// The implementation on both sides: all that it does follows from what it is asked, so that it must do the same wherever it runs. It fails, it calls its peer
/// back, which calls back again, and it has streams that end only when nobody wants them any more.
/// </summary>
sealed class Party : IParty
{
    /// <summary>Handlers and enumerations that have begun and not ended.</summary>
    public int Live { get; private set; }

    public IParty Peer { get; set; } = null!;

    /// <summary>True for a stream that never ends by itself.</summary>
    public static bool IsEndless(int value) => value % 5 == 1;

    /// <summary>The items of a stream.</summary>
    public static int ItemsOf(int value) => IsEndless(value) ? 1 + value % 60 : value % 60;

    public async ValueTask<int> Work(int value, CancellationToken cancellationToken)
    {
        Live++;
        try
        {
            if (value % 7 == 0)
                throw new ButlerException(ButlerStatus.NotFound, $"there is no {value}");
            if (value % 3 == 0)
                return await Peer.Work(value / 3, cancellationToken) + 1;
            if (value % 11 == 0)
                return await Peer.Sum(RangeAsync(value % 40, null), cancellationToken);
            if (value % 5 != 0)
                return value * 2;
            var sum = 0;
            await foreach (var item in Peer.Count(value, cancellationToken))
                sum += item;
            return sum;
        }
        finally
        {
            Live--;
        }
    }

    public async IAsyncEnumerable<int> Count(int value, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Live++;
        try
        {
            for (var i = 0; i < ItemsOf(value); i++)
                yield return i * value;
            if (IsEndless(value))
            {
                var never = new TaskCompletionSource();
                using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetCanceled(), never))
                    await never.Task;
            }

            if (value % 4 == 0)
                throw new ButlerException(ButlerStatus.DataLoss, $"lost after {value % 60}");
        }
        finally
        {
            Live--;
        }
    }

    public async ValueTask<int> Sum(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken)
    {
        Live++;
        try
        {
            var sum = 0;
            await foreach (var number in numbers)
            {
                sum += number;
                if (number == Stop)
                    break;
                if (number == Fault)
                    throw new ButlerException(ButlerStatus.OutOfRange, $"refused after {sum}");
            }

            return sum;
        }
        finally
        {
            Live--;
        }
    }

    public async IAsyncEnumerable<int> Talk(int times, IAsyncEnumerable<int> numbers, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Live++;
        try
        {
            await foreach (var number in numbers)
            {
                if (number == Stop)
                    yield break;
                for (var i = 0; i < times; i++)
                    yield return number * times;
                if (number == Fault)
                    throw new ButlerException(ButlerStatus.OutOfRange, $"refused {number}");
            }
        }
        finally
        {
            Live--;
        }
    }

    public const int Stop = 13;
    public const int Fault = 17;

    /// <summary>What a caller sends: 0, 1, … and then perhaps a failure of its own.</summary>
    public async IAsyncEnumerable<int> RangeAsync(int count, Exception? failure)
    {
        Live++;
        try
        {
            for (var i = 0; i < count; i++)
                yield return i % 10 + (i > 40 ? Stop - 5 : 0);
            if (failure is not null)
                throw failure;
        }
        finally
        {
            Live--;
        }

        await Task.CompletedTask;
    }
}

/// <summary>The other end, over a session.</summary>
sealed class RemoteParty(CallInvoker invoker) : IParty
{
    public ValueTask<int> Work(int value, CancellationToken cancellationToken) => invoker.CallAsync(Methods.Work, value, cancellationToken);

    public IAsyncEnumerable<int> Count(int value, CancellationToken cancellationToken) => invoker.CountAsync(value, cancellationToken);

    public ValueTask<int> Sum(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken) => invoker.SumAsync(numbers, cancellationToken);

    public IAsyncEnumerable<int> Talk(int times, IAsyncEnumerable<int> numbers, CancellationToken cancellationToken) => invoker.TalkAsync(times, numbers, cancellationToken);

    /// <summary>Offers a party to whoever has the table.</summary>
    public static void Offer(ServiceTable table, Probe probe, StreamProbe streams, Party party)
    {
        probe.Work = (value, context) => party.Work(value, context.CancellationToken);
        streams.Count = (value, context) => party.Count(value, context.CancellationToken);
        streams.Sum = (numbers, context) => party.Sum(numbers, context.CancellationToken);
        streams.Talk = (times, numbers, context) => party.Talk(times, numbers, context.CancellationToken);
        table.Add(probe).Add(streams);
    }
}
