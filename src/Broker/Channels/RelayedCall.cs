using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Channels;

enum RelayState
{
    /// <summary>Nothing, or over.</summary>
    Idle,

    /// <summary>Its request is still coming.</summary>
    Coming,

    /// <summary>It waits for a provider.</summary>
    Queued,

    /// <summary>A provider has it.</summary>
    Running,
}

/// <summary>
/// One call on its way through a channel: who made it, who serves it. Belongs to its slot at the consumer's end and is used again and again, so that a call
/// allocates nothing. Guarded by the channel's gate.
/// </summary>
sealed class RelayedCall
{
    /// <summary>What comes from the consumer and goes to the provider.</summary>
    public Lane Forth;

    /// <summary>What comes from the provider and goes to the consumer.</summary>
    public Lane Back;

    /// <summary>Who made it; null: the consumer has gone, and nobody is told how it ends.</summary>
    public IConsumerEnd? Consumer { get; set; }

    /// <summary>Who serves it.</summary>
    public IProviderEnd? Provider { get; set; }

    public RelayState State { get; set; }

    /// <summary>Which use of the object this is.</summary>
    public int Version { get; private set; }

    /// <summary>Its number on a native consumer's session.</summary>
    public uint ConsumerCall { get; set; }

    /// <summary>Its number on a native provider's session.</summary>
    public uint ProviderCall { get; set; }

    /// <summary>Its id on the connection of a consumer of version 1.</summary>
    public Guid RequestId { get; init; }

    /// <summary>Its id on the connection of a provider of version 1.</summary>
    public Guid ProviderRequest { get; set; }

    /// <summary>Whether it was handed over to a provider of version 1.</summary>
    public Version1.Handover? Handover { get; set; }

    /// <summary>True: its consumer, of version 1, takes a reply of several frames.</summary>
    public bool TakesChunks { get; init; }

    /// <summary>Where the last frame of its request begins in the stream of bytes to the provider; <see cref="Large"/> says it instead, if there is one.</summary>
    public long Position { get; set; }

    /// <summary>The request on its way to the provider, when it takes several frames.</summary>
    public OutgoingMessage? Large { get; set; }

    /// <summary>Its place in the queue of its channel.</summary>
    public LinkedListNode<RelayedCall>? Place { get; set; }

    /// <summary>When it leaves the queue without having found a provider, in the platform's milliseconds.</summary>
    public long GiveUp { get; set; }

    /// <summary>What it takes in the queue.</summary>
    public long QueuedBytes { get; set; }

    /// <summary>When it must be over.</summary>
    public long Deadline { get; set; }

    /// <summary>True: its consumer has given it up while its request was still coming.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>True: its consumer has been given an item of it.</summary>
    public bool HasGiven { get; set; }

    /// <summary>The method it calls; 0: raw bytes.</summary>
    public uint Method { get; set; }

    /// <summary>What it prefers a provider by; 0: nothing.</summary>
    public ulong Key { get; set; }

    public bool IsOpen => State != RelayState.Idle;

    /// <summary>It has ended. Returns the bytes of it that had waited.</summary>
    public long End(Session? consumer, Session? provider)
    {
        Version++;
        State = RelayState.Idle;
        Provider = null;
        Large = null;
        IsCancelled = HasGiven = false;
        return Forth.Clear(consumer) + Back.Clear(provider);
    }
}

/// <summary>A consumer, as its channel sees it. Called under the channel's gate; nothing is sent before the gate is left.</summary>
interface IConsumerEnd
{
    /// <summary>The session it has; null: it speaks version 1.</summary>
    Session? Session { get; }

    /// <summary>The shapes that it has announced; null: it speaks version 1.</summary>
    ConsumerShapes? Shapes { get; }

    /// <summary>A one-way message of it was passed on, or dropped.</summary>
    void OnNotified();

    /// <summary>How long its calls wait for a provider when there is none, in milliseconds.</summary>
    long ProviderWait { get; }

    /// <summary>Passes something on to it.</summary>
    void Deliver(RelayedCall call, in Parcel parcel);

    /// <summary>The call is over, and it has been told.</summary>
    void OnEnded(RelayedCall call);
}

/// <summary>A provider, as its channel sees it. Called under the channel's gate; nothing is sent before the gate is left.</summary>
interface IProviderEnd
{
    /// <summary>The session it has; null: it speaks version 1.</summary>
    Session? Session { get; }

    /// <summary>What distinguishes it, for calls that prefer the same provider.</summary>
    ulong Id { get; }

    /// <summary>The calls it has.</summary>
    int InFlight { get; }

    /// <summary>True while it takes one more.</summary>
    bool HasRoom { get; }

    /// <summary>True: it takes raw bytes and nothing else.</summary>
    bool RawOnly { get; }

    /// <summary>The shapes that it has announced; null: it speaks version 1.</summary>
    ProviderShapes? Shapes { get; }

    /// <summary>True while it takes one more one-way message.</summary>
    bool HasNotifyRoom { get; }

    /// <summary>Passes a one-way message on to it.</summary>
    void Notify(in Parcel parcel);

    /// <summary>Asks for the shape of a method, as it differs from a consumer's.</summary>
    void Ask(string service, uint method, ulong hash);

    /// <summary>The call is its own from here on; the request follows by <see cref="Deliver"/>.</summary>
    void Begin(RelayedCall call);

    /// <summary>Passes something on to it.</summary>
    void Deliver(RelayedCall call, in Parcel parcel);

    /// <summary>The call is over.</summary>
    void OnEnded(RelayedCall call);

    /// <summary>Nobody waits for the call any more, but its provider has not said how it ends.</summary>
    void Abandon(RelayedCall call);
}
