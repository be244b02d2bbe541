using System.Buffers.Binary;
using System.Text;
using ButlerRpc.Codec;

namespace ButlerRpc.Framing;

/// <summary>What one end will take from the other.</summary>
readonly record struct PeerLimits(int Slots, int MaxMessage, int ReassemblyWindow, int Notifies)
{
    /// <summary>What a dialler may rely on before WELCOME has come: 64 calls of one frame each.</summary>
    public static readonly PeerLimits Floor = new(Slots: 64, MaxMessage: NativeFraming.LargestFirstFrame - 1024, ReassemblyWindow: 0, Notifies: 64);
}

/// <summary>What a session is for. Anything but a peer goes through a broker.</summary>
enum SessionRole : byte
{
    Peer = 0,
    Consumer = 1,
    Provider = 2,
}

/// <summary>What a session asks of a broker.</summary>
/// <param name="Role">Which side of the channel it is on.</param>
/// <param name="Channel">The channel's id.</param>
/// <param name="ProviderWait">How long, in milliseconds, a consumer's calls wait for a provider when there is none.</param>
sealed record Attachment(SessionRole Role, Guid Channel, uint ProviderWait)
{
    public static readonly Attachment None = new(SessionRole.Peer, Guid.Empty, 0);
}

/// <summary>The payload of HELLO: how a dialler introduces itself.</summary>
sealed record Hello(PeerLimits Limits, uint Features, Attachment Attachment, ReadOnlyMemory<byte> Token, string Agent)
{
    public const int MostToken = 4096;

    public Hello(PeerLimits limits, uint features, SessionRole role, Guid channel, ReadOnlyMemory<byte> token, string agent)
        : this(limits, features, new Attachment(role, channel, 0), token, agent)
    {
    }

    public SessionRole Role => Attachment.Role;

    public Guid Channel => Attachment.Channel;

    public void Write(WriteBuffer buffer)
    {
        HandshakeFields.WriteLimits(buffer, Limits, Features);
        buffer.Write([(byte)Role]);
        if (Role != SessionRole.Peer)
        {
            Channel.TryWriteBytes(buffer.GetSpan(16), bigEndian: true, out _);
            buffer.Advance(16);
        }

        HandshakeFields.WriteBlob(buffer, Token.Span);
        HandshakeFields.WriteBlob(buffer, Encoding.UTF8.GetBytes(Agent));
        if (Attachment.ProviderWait == 0)
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(4), Attachment.ProviderWait);
        buffer.Advance(4);
    }

    public static Hello Read(ReadOnlySpan<byte> payload)
    {
        var limits = HandshakeFields.ReadLimits(ref payload, out var features);
        var role = (SessionRole)HandshakeFields.Take(ref payload, 1)[0];
        if (role > SessionRole.Provider)
            throw new ProtocolViolationException($"{(byte)role} is not a role");
        var channel = role == SessionRole.Peer ? Guid.Empty : new Guid(HandshakeFields.Take(ref payload, 16), bigEndian: true);
        var token = HandshakeFields.ReadBlob(ref payload);
        if (token.Length > MostToken)
            throw new ProtocolViolationException($"the token is {token.Length} bytes; at most {MostToken} are allowed");
        var agent = HandshakeFields.ReadAgent(ref payload);
        var wait = role == SessionRole.Consumer && payload.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(payload) : 0;
        return new Hello(limits, features, new Attachment(role, channel, wait), token.ToArray(), agent);
    }
}

/// <summary>The payload of WELCOME: the acceptor's answer.</summary>
sealed record Welcome(PeerLimits Limits, uint Features, ulong SessionId, string Agent)
{
    public void Write(WriteBuffer buffer)
    {
        HandshakeFields.WriteLimits(buffer, Limits, Features);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), SessionId);
        buffer.Advance(8);
        HandshakeFields.WriteBlob(buffer, Encoding.UTF8.GetBytes(Agent));
    }

    public static Welcome Read(ReadOnlySpan<byte> payload)
    {
        var limits = HandshakeFields.ReadLimits(ref payload, out var features);
        var id = BinaryPrimitives.ReadUInt64LittleEndian(HandshakeFields.Take(ref payload, 8));
        return new Welcome(limits, features, id, HandshakeFields.ReadAgent(ref payload));
    }
}

static class HandshakeFields
{
    const int LongestAgent = 64;

    // A peer that announces less could make every answer to it fail; such limits are refused at the door.
    const int SmallestMessage = 16_384;

    public static void WriteLimits(WriteBuffer buffer, PeerLimits limits, uint features)
    {
        var span = buffer.GetSpan(18);
        BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)Math.Min(limits.Slots, ushort.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(span[2..], (uint)limits.MaxMessage);
        BinaryPrimitives.WriteUInt32LittleEndian(span[6..], (uint)limits.ReassemblyWindow);
        BinaryPrimitives.WriteUInt32LittleEndian(span[10..], (uint)limits.Notifies);
        BinaryPrimitives.WriteUInt32LittleEndian(span[14..], features);
        buffer.Advance(18);
    }

    public static PeerLimits ReadLimits(ref ReadOnlySpan<byte> payload, out uint features)
    {
        var span = Take(ref payload, 18);
        features = BinaryPrimitives.ReadUInt32LittleEndian(span[14..]);
        var limits = new PeerLimits(
            BinaryPrimitives.ReadUInt16LittleEndian(span), ReadCapped(span[2..]), ReadCapped(span[6..]), ReadCapped(span[10..]));
        if (limits.Slots < 1 || limits.MaxMessage < SmallestMessage)
        {
            throw new ProtocolViolationException(
                $"the peer takes {limits.Slots} calls of {limits.MaxMessage} bytes; the least is 1 call of {SmallestMessage} bytes");
        }

        return limits;
    }

    public static void WriteBlob(WriteBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(buffer.GetSpan(2), (ushort)bytes.Length);
        buffer.Advance(2);
        buffer.Write(bytes);
    }

    public static ReadOnlySpan<byte> ReadBlob(ref ReadOnlySpan<byte> payload) =>
        Take(ref payload, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref payload, 2)));

    public static string ReadAgent(ref ReadOnlySpan<byte> payload)
    {
        var text = Encoding.UTF8.GetString(ReadBlob(ref payload));
        return text.Length <= LongestAgent ? text : text[..LongestAgent];
    }

    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> payload, int count)
    {
        if (payload.Length < count)
            throw new ProtocolViolationException("the frame is too short for its fields");
        var taken = payload[..count];
        payload = payload[count..];
        return taken;
    }

    static int ReadCapped(ReadOnlySpan<byte> span) => (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(span), int.MaxValue);
}
