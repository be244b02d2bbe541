using System.Buffers.Binary;
using System.Text;
using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Framing;

/// <summary>
/// The payload of BIND: service name, count u32 (bit 31: "I accept these differences"), then per method code u32 and shape hash u64.
/// </summary>
static class BindPayload
{
    const uint AcceptBit = 0x8000_0000;

    public static void Write(WriteBuffer buffer, string service, IReadOnlyList<Method> methods, bool accept)
    {
        HandshakeFields.WriteBlob(buffer, Encoding.UTF8.GetBytes(service));
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(4), (uint)methods.Count | (accept ? AcceptBit : 0));
        buffer.Advance(4);
        foreach (var method in methods)
        {
            var span = buffer.GetSpan(12);
            BinaryPrimitives.WriteUInt32LittleEndian(span, method.Code);
            BinaryPrimitives.WriteUInt64LittleEndian(span[4..], method.ShapeHash);
            buffer.Advance(12);
        }
    }

    /// <summary>Of a single method.</summary>
    public static void Write(WriteBuffer buffer, string service, uint method, ulong hash)
    {
        HandshakeFields.WriteBlob(buffer, Encoding.UTF8.GetBytes(service));
        var span = buffer.GetSpan(16);
        BinaryPrimitives.WriteUInt32LittleEndian(span, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], method);
        BinaryPrimitives.WriteUInt64LittleEndian(span[8..], hash);
        buffer.Advance(16);
    }

    public static string Read(ReadOnlySpan<byte> payload, List<(uint Code, ulong Hash)> methods, out bool accept)
    {
        var service = Encoding.UTF8.GetString(HandshakeFields.ReadBlob(ref payload));
        var count = BinaryPrimitives.ReadUInt32LittleEndian(HandshakeFields.Take(ref payload, 4));
        accept = (count & AcceptBit) != 0;
        count &= ~AcceptBit;
        for (var i = 0u; i < count; i++)
        {
            var entry = HandshakeFields.Take(ref payload, 12);
            methods.Add((BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[4..])));
        }

        return service;
    }
}

/// <summary>The payload of SCHEMA, one for each method that differs: service name, code u32, count u16, then the contract lines.</summary>
static class SchemaPayload
{
    /// <summary>Writes the lines; none when they do not fit into a frame, which no caller can then accept.</summary>
    public static void Write(WriteBuffer buffer, Method method, int most)
    {
        HandshakeFields.WriteBlob(buffer, Encoding.UTF8.GetBytes(method.Service));
        var lines = method.ContractLines.Select(Encoding.UTF8.GetBytes).ToArray();
        if (buffer.WrittenCount + lines.Sum(l => (long)l.Length + 2) + 6 > most || lines.Length > ushort.MaxValue)
            lines = [];
        var span = buffer.GetSpan(6);
        BinaryPrimitives.WriteUInt32LittleEndian(span, method.Code);
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], (ushort)lines.Length);
        buffer.Advance(6);
        foreach (var line in lines)
            HandshakeFields.WriteBlob(buffer, line);
    }

    /// <summary>The method it is about.</summary>
    public static uint CodeOf(ReadOnlySpan<byte> payload)
    {
        _ = HandshakeFields.ReadBlob(ref payload);
        return BinaryPrimitives.ReadUInt32LittleEndian(HandshakeFields.Take(ref payload, 6));
    }

    public static (uint Code, string[] Lines) Read(ReadOnlySpan<byte> payload)
    {
        _ = HandshakeFields.ReadBlob(ref payload);
        var head = HandshakeFields.Take(ref payload, 6);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(head[4..]);
        if (count * 2 > payload.Length)
            throw new ProtocolViolationException("a SCHEMA promises more lines than it has");
        var lines = new string[count];
        foreach (ref var line in lines.AsSpan())
            line = Encoding.UTF8.GetString(HandshakeFields.ReadBlob(ref payload));
        return (BinaryPrimitives.ReadUInt32LittleEndian(head), lines);
    }
}
