using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>The sending side of one stream, as its carrier gives it. Used by one pump at a time.</summary>
public abstract class ItemWriter
{
    /// <summary>True when an item may be written now; it is sent in its turn.</summary>
    public abstract bool CanWrite { get; }

    /// <summary>Waits until an item may be written. False: nobody reads any more.</summary>
    public abstract ValueTask<bool> WaitAsync();

    /// <summary>The items that the reader lets wait: the most it was granted at once.</summary>
    public abstract int Window { get; }

    /// <summary>Runs what goes on beside the writing.</summary>
    public abstract Platform.ButlerScheduler Scheduler { get; }

    /// <summary>Fires, where user code may run, when nobody reads any more. Made on first use.</summary>
    public abstract CancellationToken Closed { get; }

    /// <summary>Where the item's body goes. With <paramref name="inPlace"/> see <see cref="ServerCall.BeginReply"/>.</summary>
    public abstract WriteBuffer BeginItem(bool inPlace);

    /// <summary>Sends the item.</summary>
    public abstract void EndItem();

    /// <summary>Takes back what was written since <see cref="BeginItem"/>.</summary>
    public abstract void AbortItem();

    /// <summary>Waits until everything written is on its way, so that what follows cannot overtake it.</summary>
    public abstract ValueTask FlushAsync();

    /// <summary>Says that the stream is complete. Not for a result stream: that ends with its call.</summary>
    public abstract void Complete();
}

/// <summary>The streams of one call, on either side, as its carrier gives them.</summary>
public abstract class CallStreams
{
    /// <summary>The items that come: stream 0 is the result, n the n-th stream parameter.</summary>
    public abstract ItemQueue Reader(int number);

    /// <summary>The items that go.</summary>
    public abstract ItemWriter Writer(int number);
}

/// <summary>Moves the items of one stream from the user's enumeration to the wire.</summary>
static class StreamPump
{
    /// <summary>True: the enumeration has ended and all of it was written. False: nobody reads any more. Fails with what the enumeration failed with.</summary>
    public static async Task<bool> RunAsync<TItem>(
        IAsyncEnumerable<TItem> items, MessageCodec<TItem> codec, ItemWriter writer, CancellationToken cancellationToken)
    {
        var enumerator = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            while (await enumerator.MoveNextAsync())
            {
                // Others may have taken the room that this one was woken for.
                while (!writer.CanWrite)
                {
                    if (!await writer.WaitAsync())
                        return false;
                }

                Write(codec, writer, enumerator.Current);
            }
        }
        finally
        {
            await enumerator.DisposeAsync();
            await writer.FlushAsync();
        }

        return true;
    }

    public static void Write<TItem>(MessageCodec<TItem> codec, ItemWriter writer, TItem item)
    {
        var buffer = writer.BeginItem(codec.EncodesInPlace);
        try
        {
            var encoder = new MessagePackWriter(buffer);
            codec.Write(ref encoder, in item);
            encoder.Flush();
        }
        catch
        {
            writer.AbortItem();
            throw;
        }

        writer.EndItem();
    }
}
