using System.Buffers.Binary;
using System.Text;
using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Framing;

/// <summary>The payload of ERROR: certainty u8, reason u16, error id 16, message (u16 length, UTF-8), fault code u32, fault body.</summary>
static class ErrorPayload
{
    const int LongestMessage = 4096;
    const int MostFaultBytes = 49_152;

    public static void Write(WriteBuffer buffer, ButlerException error, ButlerCertainty certainty, IReadOnlyList<Fault> faults)
    {
        var span = buffer.GetSpan(19);
        span[0] = (byte)certainty;
        BinaryPrimitives.WriteUInt16LittleEndian(span[1..], (ushort)error.Reason);
        error.ErrorId.TryWriteBytes(span[3..], bigEndian: true, out _);
        buffer.Advance(19);
        HandshakeFields.WriteBlob(buffer, Cut(error.Message));
        WriteFault(buffer, error, faults);
    }

    static void WriteFault(WriteBuffer buffer, ButlerException error, IReadOnlyList<Fault> faults)
    {
        var start = buffer.WrittenCount;
        buffer.GetSpan(4)[..4].Clear();
        buffer.Advance(4);
        foreach (var fault in faults)
        {
            if (!fault.TryWrite(error, buffer))
                continue;

            // An ERROR is one frame; a fault that does not fit is left out, its status and message still say what happened.
            if (buffer.WrittenCount - start > MostFaultBytes)
                buffer.Truncate(start + 4);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(buffer.Patch(start, 4), (uint)fault.Code);
            return;
        }
    }

    public static ButlerException Read(uint status, ReadOnlySpan<byte> payload, IReadOnlyList<Fault> faults)
    {
        var reason = Check(status, payload);
        var span = HandshakeFields.Take(ref payload, 19);
        var id = new Guid(span[3..19], bigEndian: true);
        var message = Encoding.UTF8.GetString(HandshakeFields.ReadBlob(ref payload));
        var error = new ButlerException((ButlerStatus)status, message, (ButlerCertainty)span[0], reason) { ErrorId = id };
        var code = BinaryPrimitives.ReadUInt32LittleEndian(HandshakeFields.Take(ref payload, 4));
        foreach (var fault in faults)
        {
            if (code != 0 && fault.Code == code)
                return fault.Read(error, payload);
        }

        return error;
    }

    /// <summary>Throws when an ERROR that is passed on is none. Returns its reason.</summary>
    public static ButlerReason Check(uint status, ReadOnlySpan<byte> payload)
    {
        if (status is 0 or > (uint)ButlerStatus.Unauthenticated)
            throw new ProtocolViolationException($"{status} is not the status of an error");
        var span = HandshakeFields.Take(ref payload, 19);
        if (span[0] > (byte)ButlerCertainty.Executed)
            throw new ProtocolViolationException($"{span[0]} is not a certainty");
        HandshakeFields.ReadBlob(ref payload);
        HandshakeFields.Take(ref payload, 4);
        return (ButlerReason)BinaryPrimitives.ReadUInt16LittleEndian(span[1..]);
    }

    /// <summary>The message of an ERROR.</summary>
    public static string MessageOf(ReadOnlySpan<byte> payload)
    {
        HandshakeFields.Take(ref payload, 19);
        return Encoding.UTF8.GetString(HandshakeFields.ReadBlob(ref payload));
    }

    /// <summary>True when the callee has refused the call because its method has another shape there.</summary>
    public static bool IsMismatch(uint status, ReadOnlySpan<byte> payload) =>
        status == (uint)ButlerStatus.FailedPrecondition && payload.Length > 3 && payload[0] == (byte)ButlerCertainty.NotExecuted
        && BinaryPrimitives.ReadUInt16LittleEndian(payload[1..]) == (ushort)ButlerReason.ContractMismatch;

    static byte[] Cut(string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message.Length <= LongestMessage ? message : message[..LongestMessage]);
        if (bytes.Length <= LongestMessage)
            return bytes;
        var end = LongestMessage;
        while ((bytes[end] & 0xC0) == 0x80) // not within a character
            end--;
        return bytes[..end];
    }
}
