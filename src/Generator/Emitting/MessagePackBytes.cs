using System.Text;

namespace ButlerRpc.Generator.Emitting;

/// <summary>Bytes that are known when the code is generated.</summary>
static class MessagePackBytes
{
    public static byte[] ArrayHeader(int count) => count < 16 ? [(byte)(0x90 | count)] : [0xDC, (byte)(count >> 8), (byte)count];

    public static byte[] MapHeader(int count) => count < 16 ? [(byte)(0x80 | count)] : [0xDE, (byte)(count >> 8), (byte)count];

    public static byte[] String(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        byte[] header = utf8.Length < 32 ? [(byte)(0xA0 | utf8.Length)]
            : utf8.Length < 256 ? [0xD9, (byte)utf8.Length]
            : [0xDA, (byte)(utf8.Length >> 8), (byte)utf8.Length];
        return [.. header, .. utf8];
    }

    /// <summary>A non-negative integer.</summary>
    public static byte[] Integer(int value) => value switch
    {
        >= -32 and < 0x80 => [unchecked((byte)value)],
        < 0 => [0xD2, (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), unchecked((byte)value)],
        < 0x100 => [0xCC, (byte)value],
        < 0x10000 => [0xCD, (byte)(value >> 8), (byte)value],
        _ => [0xCE, (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value],
    };
}
