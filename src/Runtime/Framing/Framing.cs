using ButlerRpc.Calls;

namespace ButlerRpc.Framing;

/// <summary>What a framing can express; the session does without what it cannot.</summary>
[Flags]
enum FramingCapabilities
{
    None = 0,

    /// <summary>Both ends introduce themselves with HELLO and WELCOME.</summary>
    Handshake = 1,

    /// <summary>Every request gets a final frame, so a slot may wait for it.</summary>
    AlwaysAnswers = 2,

    /// <summary>Streams of items.</summary>
    Streams = 4,

    /// <summary>Failures have a form.</summary>
    Errors = 8,

    /// <summary>A message may be split into several frames.</summary>
    Chunks = 16,

    /// <summary>Everything: the native wire.</summary>
    All = Handshake | AlwaysAnswers | Streams | Errors | Chunks,
}

/// <summary>The rules that turn bytes into frames and back. Without state: one instance serves all sessions.</summary>
abstract class Framing
{
    public abstract string Name { get; }

    public abstract FramingCapabilities Capabilities { get; }

    /// <summary>The bytes of every header.</summary>
    public abstract int HeaderSize { get; }

    /// <summary>The largest frame, header included.</summary>
    public abstract int MaxFrame { get; }

    /// <summary>Reads the header at the start of <paramref name="bytes"/>, which holds at least <see cref="HeaderSize"/>.</summary>
    /// <exception cref="ProtocolViolationException">The header breaks the rules, or announces more than <paramref name="maxFrame"/>.</exception>
    public abstract FrameHeader ReadHeader(ReadOnlySpan<byte> bytes, int maxFrame);

    /// <summary>The form of the bodies it carries.</summary>
    public virtual PayloadFormat Payload => PayloadFormat.MessagePack;

    /// <summary>The number under which a call of this end goes over the wire.</summary>
    public virtual uint NumberOf(CallId call, bool oneWay) => call.Value;

    /// <summary>Writes a header into <see cref="HeaderSize"/> bytes.</summary>
    public abstract void WriteHeader(Span<byte> bytes, in FrameHeader header);
}
