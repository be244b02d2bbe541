using System.Text;
using ButlerRpc.Codec;

namespace ButlerRpc.Wires.Tests.Pack;

/// <summary>Random sequences of values, packed by both implementations and read back by the other one.</summary>
public class PackRoundTripTests
{
    const int Rounds = 2000;

    [TestCase(IprotoMode.Default)]
    [TestCase(IprotoMode.Ber)]
    public void Two_implementations_pack_random_values_to_the_same_bytes(IprotoMode mode)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var values = RandomValues(seed);
            Assert.That(Ours(values, mode), Is.EqualTo(Theirs(values, mode)), $"seed {seed}");
        }
    }

    [TestCase(IprotoMode.Default)]
    [TestCase(IprotoMode.Ber)]
    public void What_the_second_implementation_packs_is_read_back(IprotoMode mode)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var values = RandomValues(seed);
            ReadOnlySpan<byte> bytes = Theirs(values, mode);
            foreach (var value in values)
                bytes = Read(bytes, value, mode, seed);
            Assert.That(bytes.Length, Is.Zero, $"seed {seed}");
        }
    }

    [TestCase(IprotoMode.Default)]
    [TestCase(IprotoMode.Ber)]
    public void What_is_packed_is_read_back_by_the_second_implementation(IprotoMode mode)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var values = RandomValues(seed);
            List<byte> bytes = [.. Ours(values, mode)];
            var at = 0;
            foreach (var value in values)
                ReadBySecond(bytes, ref at, value, mode == IprotoMode.Ber, seed);
            Assert.That(at, Is.EqualTo(bytes.Count), $"seed {seed}");
        }
    }

    static List<object> RandomValues(int seed)
    {
        var random = new Random(seed);
        var values = new List<object>();
        for (var i = random.Next(1, 12); i > 0; i--)
        {
            var bits = (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64); // all magnitudes
            values.Add(random.Next(10) switch
            {
                0 => (byte)bits,
                1 => (sbyte)bits,
                2 => (ushort)bits,
                3 => (short)bits,
                4 => (uint)bits,
                5 => (int)bits,
                6 => bits,
                7 => (long)bits,
                8 => new string(Enumerable.Range(0, random.Next(300)).Select(_ => (char)random.Next(32, 0xD7FF)).ToArray()),
                _ => RandomBytes(random),
            });
        }

        return values;
    }

    static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(300)];
        random.NextBytes(bytes);
        return bytes;
    }

    static byte[] Ours(List<object> values, IprotoMode mode)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        foreach (var value in values)
        {
            switch (value)
            {
                case byte v: IprotoPack.Append(buffer, v, mode); break;
                case sbyte v: IprotoPack.Append(buffer, v, mode); break;
                case ushort v: IprotoPack.Append(buffer, v, mode); break;
                case short v: IprotoPack.Append(buffer, v, mode); break;
                case uint v: IprotoPack.Append(buffer, v, mode); break;
                case int v: IprotoPack.Append(buffer, v, mode); break;
                case ulong v: IprotoPack.Append(buffer, v, mode); break;
                case long v: IprotoPack.Append(buffer, v, mode); break;
                case string v: IprotoPack.Append(buffer, v, mode); break;
                case byte[] v: IprotoPack.Append(buffer, v, mode); break;
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    static byte[] Theirs(List<object> values, IprotoMode mode)
    {
        var ber = mode == IprotoMode.Ber;
        var bytes = new List<byte>();
        foreach (var value in values)
        {
            bytes.AddRange(value switch
            {
                byte v => SecondPacker.Integer(v, 1, ber),
                sbyte v => SecondPacker.Integer((byte)v, 1, ber),
                ushort v => SecondPacker.Integer(v, 2, ber),
                short v => SecondPacker.Integer((ushort)v, 2, ber),
                uint v => SecondPacker.Integer(v, 4, ber),
                int v => SecondPacker.Integer((uint)v, 4, ber),
                ulong v => SecondPacker.Integer(v, 8, ber),
                long v => SecondPacker.Integer((ulong)v, 8, ber),
                string v => SecondPacker.Text(v, ber),
                _ => SecondPacker.Bytes([.. (byte[])value], ber),
            });
        }

        return [.. bytes];
    }

    static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> bytes, object expected, IprotoMode mode, int seed)
    {
        object read;
        switch (expected)
        {
            case byte: { bytes = IprotoUnpack.Byte(bytes, out var v, mode); read = v; break; }
            case sbyte: { bytes = IprotoUnpack.SByte(bytes, out var v, mode); read = v; break; }
            case ushort: { bytes = IprotoUnpack.UInt16(bytes, out var v, mode); read = v; break; }
            case short: { bytes = IprotoUnpack.Int16(bytes, out var v, mode); read = v; break; }
            case uint: { bytes = IprotoUnpack.UInt32(bytes, out var v, mode); read = v; break; }
            case int: { bytes = IprotoUnpack.Int32(bytes, out var v, mode); read = v; break; }
            case ulong: { bytes = IprotoUnpack.UInt64(bytes, out var v, mode); read = v; break; }
            case long: { bytes = IprotoUnpack.Int64(bytes, out var v, mode); read = v; break; }
            case string: { bytes = IprotoUnpack.String(bytes, out var v, mode); read = v; break; }
            default: { bytes = IprotoUnpack.Bytes(bytes, out var v, mode); read = v; break; }
        }

        Assert.That(read, Is.EqualTo(expected), $"seed {seed}");
        return bytes;
    }

    static void ReadBySecond(List<byte> bytes, ref int at, object expected, bool ber, int seed)
    {
        object read = expected switch
        {
            byte => (byte)SecondPacker.ReadInteger(bytes, ref at, 1, ber),
            sbyte => (sbyte)SecondPacker.ReadInteger(bytes, ref at, 1, ber),
            ushort => (ushort)SecondPacker.ReadInteger(bytes, ref at, 2, ber),
            short => (short)SecondPacker.ReadInteger(bytes, ref at, 2, ber),
            uint => (uint)SecondPacker.ReadInteger(bytes, ref at, 4, ber),
            int => (int)SecondPacker.ReadInteger(bytes, ref at, 4, ber),
            ulong => SecondPacker.ReadInteger(bytes, ref at, 8, ber),
            long => (long)SecondPacker.ReadInteger(bytes, ref at, 8, ber),
            string => Encoding.UTF8.GetString([.. SecondPacker.ReadBytes(bytes, ref at, ber)]),
            _ => SecondPacker.ReadBytes(bytes, ref at, ber).ToArray(),
        };
        Assert.That(read, Is.EqualTo(expected), $"seed {seed}");
    }
}
