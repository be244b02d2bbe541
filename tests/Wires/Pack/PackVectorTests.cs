using ButlerRpc.Codec;

namespace ButlerRpc.Wires.Tests.Pack;

public class PackVectorTests
{
    static IEnumerable<TestCaseData> All() =>
        Vectors.Read("iproto-pack.tsv").Select(v => new TestCaseData(v[0], v[1] == "ber" ? IprotoMode.Ber : IprotoMode.Default, v[2]).SetName($"{{m}}({v[0]}, {v[1]})"));

    [TestCaseSource(nameof(All))]
    public void A_value_is_packed_as_the_reference_packs_it(string value, IprotoMode mode, string bytes) =>
        Assert.That(Vectors.Hex(GoValue.Of(value).Pack(mode)), Is.EqualTo(Vectors.Hex(Vectors.Hex(bytes))));

    [TestCaseSource(nameof(All))]
    public void What_the_reference_packed_is_read_back_and_the_tail_is_left(string value, IprotoMode mode, string bytes)
    {
        byte[] tail = [0xAB, 0xCD];
        var go = GoValue.Of(value);
        Assert.That(go.Unpack([.. Vectors.Hex(bytes), .. tail], mode, out var left), Is.EqualTo(go.Value));
        Assert.That(left, Is.EqualTo(tail));
    }

    [Test]
    public void Append_adds_behind_what_is_there()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        IprotoPack.Append(buffer, 258u);
        IprotoPack.Append(buffer, "hi", IprotoMode.Ber);
        IprotoPack.Append(buffer, new byte[] { 0xDE, 0xAD });
        Assert.That(Vectors.Hex(buffer.WrittenSpan), Is.EqualTo("02010000026869" + "02000000dead"));
    }
}

/// <summary>A value of the vectors' first column.</summary>
abstract class GoValue
{
    public abstract object Value { get; }

    public abstract byte[] Pack(IprotoMode mode);

    public abstract object Unpack(byte[] bytes, IprotoMode mode, out byte[] tail);

    public static GoValue Of(string text) => text switch
    {
        "uint8(2)" => U8(2),
        "int8(-1)" => new GoValue<sbyte>(-1, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out sbyte v, IprotoMode m) => IprotoUnpack.SByte(b, out v, m)),
        "uint16(258)" => U16(258),
        "int16(-1234)" => I16(-1234),
        "int16(-1)" => I16(-1),
        "uint32(258)" => U32(258),
        "uint32(0)" => U32(0),
        "uint32(127)" => U32(127),
        "uint32(128)" => U32(128),
        "uint32(300)" => U32(300),
        "uint32(16383)" => U32(16383),
        "uint32(100000)" => U32(100000),
        "uint32(MaxUint32)" => U32(uint.MaxValue),
        "int32(-1)" or "int(-1)" => I32(-1),
        "int(1<<33+5)" => I32(unchecked((int)((1L << 33) + 5))), // go's int is 64 bits wide and loses its upper half
        "uint64(258)" => U64(258),
        "uint64(MaxUint64)" => U64(ulong.MaxValue),
        "int64(-1)" => new GoValue<long>(-1, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out long v, IprotoMode m) => IprotoUnpack.Int64(b, out v, m)),
        "\"\"" => Text(""),
        "\"hi\"" => Text("hi"),
        "[]byte{de,ad}" => new GoValue<byte[]>([0xDE, 0xAD], (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out byte[] v, IprotoMode m) => IprotoUnpack.Bytes(b, out v, m)),
        "[]uint16{1,258}" => new GoValue<ushort[]>(
            [1, 258],
            (v, m) => IprotoPack.Pack(v, (ref IprotoWriter w, ushort e) => w.WriteUInt16(e), m),
            (ReadOnlySpan<byte> b, out ushort[] v, IprotoMode m) => IprotoUnpack.Slice(b, out v, (ref IprotoReader r) => r.ReadUInt16(), m)),
        "S1{15,\"  \"}" => Packable(new S1 { A = 15, B = "  " }),
        "S2{258,\"hi\",{1,2},-2}" => Packable(new S2 { A = 258, B = "hi", C = [1, 2], D = -2 }),
        "Out nested" => Packable(new Out { A = 7, B = new Inner { A = -2, B = [9] }, C = [new Inner { A = 1, B = [] }] }),
        _ => throw new ArgumentException($"the vectors have a value that this test does not know: {text}"),
    };

    static GoValue<byte> U8(byte value) => new(value, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out byte v, IprotoMode m) => IprotoUnpack.Byte(b, out v, m));

    static GoValue<ushort> U16(ushort value) => new(value, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out ushort v, IprotoMode m) => IprotoUnpack.UInt16(b, out v, m));

    static GoValue<short> I16(short value) => new(value, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out short v, IprotoMode m) => IprotoUnpack.Int16(b, out v, m));

    static GoValue<uint> U32(uint value) => new(value, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out uint v, IprotoMode m) => IprotoUnpack.UInt32(b, out v, m));

    static GoValue<int> I32(int value) => new(value, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out int v, IprotoMode m) => IprotoUnpack.Int32(b, out v, m));

    static GoValue<ulong> U64(ulong value) => new(value, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out ulong v, IprotoMode m) => IprotoUnpack.UInt64(b, out v, m));

    static GoValue<string> Text(string value) => new(value, (v, m) => IprotoPack.Pack(v, m), (ReadOnlySpan<byte> b, out string v, IprotoMode m) => IprotoUnpack.String(b, out v, m));

    static GoValue<T> Packable<T>(T value)
        where T : IIprotoPackable, new() => new(
            value,
            (v, m) => IprotoPack.Pack(v, m),
            (ReadOnlySpan<byte> b, out T v, IprotoMode m) => IprotoUnpack.Into(b, v = new T(), m));
}

delegate ReadOnlySpan<byte> Unpacking<T>(ReadOnlySpan<byte> bytes, out T value, IprotoMode mode);

sealed class GoValue<T>(T value, Func<T, IprotoMode, byte[]> pack, Unpacking<T> unpack) : GoValue
    where T : notnull
{
    public override object Value => value;

    public override byte[] Pack(IprotoMode mode) => pack(value, mode);

    public override object Unpack(byte[] bytes, IprotoMode mode, out byte[] tail)
    {
        tail = unpack(bytes, out var read, mode).ToArray();
        return read;
    }
}

/// <summary>The structs of the vectors, as custom packables: a struct's fields keep the default form in BER mode, unless marked.</summary>
sealed class S1 : IIprotoPackable, IEquatable<S1>
{
    public byte A;
    public string B = "";

    public void PackIproto(ref IprotoWriter writer, IprotoMode mode)
    {
        writer.WriteByte(A);
        writer.WriteString(B);
    }

    public void UnpackIproto(ref IprotoReader reader, IprotoMode mode) => (A, B) = (reader.ReadByte(), reader.ReadString());

    public bool Equals(S1? other) => other is not null && (A, B) == (other.A, other.B);

    public override bool Equals(object? obj) => Equals(obj as S1);

    public override int GetHashCode() => A;
}

sealed class S2 : IIprotoPackable, IEquatable<S2>
{
    public uint A;
    public string B = "";
    public ushort[] C = [];
    public long D;

    public void PackIproto(ref IprotoWriter writer, IprotoMode mode)
    {
        writer.WriteUInt32(A, IprotoMode.Ber);
        writer.WriteString(B, IprotoMode.Ber);
        writer.WriteSlice(C, (ref IprotoWriter w, ushort e) => w.WriteUInt16(e), IprotoMode.Ber);
        writer.WriteInt64(D);
    }

    public void UnpackIproto(ref IprotoReader reader, IprotoMode mode)
    {
        A = reader.ReadUInt32(IprotoMode.Ber);
        B = reader.ReadString(IprotoMode.Ber);
        C = reader.ReadSlice((ref IprotoReader r) => r.ReadUInt16(), IprotoMode.Ber);
        D = reader.ReadInt64();
    }

    public bool Equals(S2? other) => other is not null && (A, B, D) == (other.A, other.B, other.D) && C.SequenceEqual(other.C);

    public override bool Equals(object? obj) => Equals(obj as S2);

    public override int GetHashCode() => (int)A;
}

sealed class Inner : IIprotoPackable, IEquatable<Inner>
{
    public short A;
    public byte[] B = [];

    public void PackIproto(ref IprotoWriter writer, IprotoMode mode)
    {
        writer.WriteInt16(A);
        writer.WriteBytes(B);
    }

    public void UnpackIproto(ref IprotoReader reader, IprotoMode mode) => (A, B) = (reader.ReadInt16(), reader.ReadBytes());

    public bool Equals(Inner? other) => other is not null && A == other.A && B.AsSpan().SequenceEqual(other.B);

    public override bool Equals(object? obj) => Equals(obj as Inner);

    public override int GetHashCode() => A;
}

sealed class Out : IIprotoPackable, IEquatable<Out>
{
    public uint A;
    public Inner B = new();
    public Inner[] C = [];

    public void PackIproto(ref IprotoWriter writer, IprotoMode mode)
    {
        writer.WriteUInt32(A);
        B.PackIproto(ref writer, mode);
        writer.WriteSlice(C, (ref IprotoWriter w, Inner e) => e.PackIproto(ref w, IprotoMode.Default));
    }

    public void UnpackIproto(ref IprotoReader reader, IprotoMode mode)
    {
        A = reader.ReadUInt32();
        B.UnpackIproto(ref reader, mode);
        C = reader.ReadSlice(ReadInner);
    }

    static Inner ReadInner(ref IprotoReader reader)
    {
        var inner = new Inner();
        inner.UnpackIproto(ref reader, IprotoMode.Default);
        return inner;
    }

    public bool Equals(Out? other) => other is not null && A == other.A && B.Equals(other.B) && C.SequenceEqual(other.C);

    public override bool Equals(object? obj) => Equals(obj as Out);

    public override int GetHashCode() => (int)A;
}
