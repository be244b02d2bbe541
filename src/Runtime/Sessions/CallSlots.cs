using System.Diagnostics;
using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

enum SlotState
{
    /// <summary>Nobody's.</summary>
    Free = 0,

    /// <summary>A call waits for its answer.</summary>
    Pending = 1,

    /// <summary>The caller has gone; the final frame has not come. Still in flight for the peer.</summary>
    Abandoned = 2,

    /// <summary>The final frame has come; freed at the end of the batch.</summary>
    Answered = 3,
}

/// <summary>One call in flight. The state word decides who ends it: whoever moves it on from Pending owns the call, and nobody else touches it.</summary>
struct CallSlot
{
    int _word; // generation, state in the lowest two bits

    public ClientCall? Call;
    public long Deadline;

    /// <summary>Where the last frame of the request begins in the stream of bytes sent; before that is handed over, the peer cannot have run the call.</summary>
    public long Position;

    /// <summary>Which request of the session this is; GOAWAY says how many the peer has taken. <see cref="Large"/> says it instead, if there is one.</summary>
    public uint Ordinal;

    /// <summary>The request, until all of its frames have been handed over; null: it was a single one.</summary>
    public OutgoingMessage? Large;

    /// <summary>The streams of the call; null: it has none.</summary>
    public SessionStreams? Streams;

    /// <summary>The parts of a chunked reply.</summary>
    public Reassembly? Body;

    public int NextFree;

    public readonly int Generation => _word >> 2;

    public readonly SlotState State => (SlotState)(_word & 3);

    public void Publish(int generation) => Volatile.Write(ref _word, generation << 2 | (int)SlotState.Pending);

    /// <summary>Ends the wait for the answer, if nobody else has: true for the one that may end the call.</summary>
    public bool TryLeavePending(int generation, SlotState to) =>
        Interlocked.CompareExchange(ref _word, generation << 2 | (int)to, generation << 2 | (int)SlotState.Pending) == (generation << 2 | (int)SlotState.Pending);

    public void Set(SlotState state) => Volatile.Write(ref _word, (Volatile.Read(ref _word) & ~3) | (int)state);
}

/// <summary>
/// The calls that this end has started, by slot. Grows in blocks of 64, so that a reference to a slot stays good; taking and freeing is done under the
/// session's gate, ending a call is not. Saves the 40 B and the 96 B that a dictionary and a TaskCompletionSource cost per call.
/// </summary>
sealed class CallSlots
{
    const int BlockSize = 64;
    volatile CallSlot[][] _blocks = [];
    int _used;
    int _free = -1;

    /// <summary>The slots ever used; higher ones have never carried a call.</summary>
    public int Used => Volatile.Read(ref _used);

    public ref CallSlot this[int slot] => ref _blocks[slot / BlockSize][slot % BlockSize];

    public bool TryTake(int limit, out int slot)
    {
        slot = _free;
        if (slot >= 0)
        {
            _free = this[slot].NextFree;
            return true;
        }

        if (_used >= limit)
            return false;
        slot = _used;
        if (slot / BlockSize == _blocks.Length)
            _blocks = [.. _blocks, new CallSlot[BlockSize]];
        Volatile.Write(ref _used, slot + 1);
        return true;
    }

    public void Free(int slot)
    {
        ref var entry = ref this[slot];
        Debug.Assert(entry.State != SlotState.Pending);
        entry.Call = null;
        entry.Body = null;
        entry.Large = null;
        entry.Streams = null;
        entry.Set(SlotState.Free);
        entry.NextFree = _free;
        _free = slot;
    }

    public static int NextGeneration(in CallSlot slot) => (slot.Generation + 1) & CallId.GenerationMask;
}
