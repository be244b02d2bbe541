using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace ButlerRpc.Calls;

/// <summary>How the key of a stream's item is found, for <see cref="StreamOverflow.LatestByKey"/>. Generated.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ItemKey<TItem>
{
    private protected ItemKey()
    {
    }

    /// <summary>A key that the selector gives.</summary>
    public static ItemKey<TItem> By<TKey>(Func<TItem, TKey> selector) => new Selected<TKey>(selector);

    internal abstract OverflowBuffer<TItem> CreateBuffer();

    sealed class Selected<TKey>(Func<TItem, TKey> selector) : ItemKey<TItem>
    {
        internal override OverflowBuffer<TItem> CreateBuffer() => new LatestByKeyBuffer<TItem, TKey>(selector);
    }
}

/// <summary>The items of a pushed stream that have not been sent. It never holds more than it is told to: it forgets instead. Not thread-safe.</summary>
abstract class OverflowBuffer<TItem>
{
    public abstract int Count { get; }

    public static OverflowBuffer<TItem> Of(StreamOverflow overflow, ItemKey<TItem>? key) => overflow == StreamOverflow.DropOldest
        ? new DropOldestBuffer<TItem>()
        : (key ?? throw new InvalidOperationException("a stream with Overflow = LatestByKey needs the key of its items")).CreateBuffer();

    public abstract void Add(TItem item, int most);

    public abstract bool TryTake([MaybeNullWhen(false)] out TItem item);
}

sealed class DropOldestBuffer<TItem> : OverflowBuffer<TItem>
{
    readonly Queue<TItem> _items = new();

    public override int Count => _items.Count;

    public override void Add(TItem item, int most)
    {
        while (_items.Count >= most)
            _items.Dequeue();
        _items.Enqueue(item);
    }

    public override bool TryTake([MaybeNullWhen(false)] out TItem item) => _items.TryDequeue(out item);
}

/// <summary>A newer item takes the place of the unsent one with its key; with more keys than places the oldest is forgotten.</summary>
sealed class LatestByKeyBuffer<TItem, TKey>(Func<TItem, TKey> selector) : OverflowBuffer<TItem>
{
    readonly Queue<Key> _order = new();
    readonly Dictionary<Key, TItem> _latest = [];

    public override int Count => _order.Count;

    public override void Add(TItem item, int most)
    {
        var key = new Key(selector(item));
        if (!_latest.ContainsKey(key))
        {
            while (_order.Count >= most)
                _latest.Remove(_order.Dequeue());
            _order.Enqueue(key);
        }

        _latest[key] = item;
    }

    public override bool TryTake([MaybeNullWhen(false)] out TItem item)
    {
        item = default;
        return _order.TryDequeue(out var key) && _latest.Remove(key, out item);
    }

    /// <summary>A dictionary takes no null for a key; a user may.</summary>
    readonly record struct Key(TKey Value);
}
