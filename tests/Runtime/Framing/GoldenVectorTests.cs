using System.Text;
using System.Text.RegularExpressions;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Framing;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Framing;

/// <summary>
/// The vectors of docs/wire.md, three times: as the document has them, as the tests' own writer makes them from the description, and as the library reads and
/// writes them.
/// </summary>
public partial class GoldenVectorTests
{
    static readonly uint Call = Wire.CallId(0);

    static readonly byte[] Limits = [0, 4, 0, 0, 0x40, 0, 0, 0, 0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0];

    static readonly byte[] Agent = [9, 0, .. "ButlerRpc"u8];

    // Written by hand from the tables of the document: header fields, and the payload byte by byte.
    static readonly Dictionary<string, byte[]> Expected = new()
    {
        ["preface"] = [(byte)'B', (byte)'T', (byte)'L', (byte)'R', 1, 0, 0, 0],
        ["HELLO"] = Wire.Frame(0x01, 0, 0, 0, [.. Limits, 0, 0, 0, .. Agent]),
        ["WELCOME"] = Wire.Frame(0x02, 0, 0, 0, [.. Limits, 1, 2, 3, 4, 5, 6, 7, 8, .. Agent]),
        ["REQUEST"] = Wire.Frame(0x10, 2, 7, Call, 0x88, 0x13, 0, 0, 0x92, 0xA3, (byte)'A', (byte)'d', (byte)'a', 7),
        ["REQUEST, first of two frames"] = Wire.Frame(0x10, 1 | 2 | 4, 7, Wire.CallId(1, 2), 0x88, 0x13, 0, 0, 6, 0, 0, 0, 0x92, 0xA3, (byte)'A', (byte)'d'),
        ["REQUEST, last of two frames"] = Wire.Frame(0x10, 0, 7, Wire.CallId(1, 2), (byte)'a', 7),
        ["REPLY"] = Wire.Frame(0x11, 0, 0, Call, 0xA3, (byte)'A', (byte)'d', (byte)'a'),
        ["ERROR"] = Wire.Frame(0x12, 0, 12, Call, [1, 14, 0, .. new byte[16], 2, 0, (byte)'n', (byte)'o', 0, 0, 0, 0]),
        ["NOTIFY"] = Wire.Frame(0x13, 0, 9, 0, 42),
        ["CANCEL"] = Wire.Frame(0x17, 0, 0, Call),
        ["PING"] = Wire.Frame(0x20, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
        ["PONG"] = Wire.Frame(0x21, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
        ["GOAWAY"] = Wire.Frame(0x30, 0, 3, 0, 1, 0, 0, 0),
        ["BIND"] = Wire.Frame(0x03, 0, 0, 0, [12, 0, .. "Shop.IOrders"u8, 1, 0, 0, 0, 7, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]),
        ["SCHEMA"] = Wire.Frame(
            0x04, 0, 0, 0, [12, 0, .. "Shop.IOrders"u8, 7, 0, 0, 0, 1, 0, 43, 0, .. "method Shop.IOrders.PlaceAsync code 7 unary"u8]),
        ["ITEM"] = Wire.Frame(0x14, 0, 0, Call, 42),
        ["END"] = Wire.Frame(0x15, 0, 1, Call),
        ["CREDIT"] = Wire.Frame(0x16, 0, 0, Call, 8, 0, 0, 0, 0, 0x10, 0, 0),
        ["STOP"] = Wire.Frame(0x18, 0, 1, Call),
    };

    static readonly Dictionary<string, byte[]> Documented = File.ReadLines(Repository.Path("docs", "wire.md"))
        .SkipWhile(line => !line.StartsWith("## Golden vectors", StringComparison.Ordinal))
        .Select(line => VectorRow().Match(line))
        .Where(match => match.Success)
        .ToDictionary(match => match.Groups[1].Value.Trim(), match => Convert.FromHexString(match.Groups[2].Value.Replace(" ", "")));

    [Test]
    public void Document_has_a_vector_for_every_kind_of_frame()
    {
        Assert.That(Documented.Keys, Is.EquivalentTo(Expected.Keys));
        var kinds = Documented.Where(v => v.Key != "preface").Select(v => (FrameKind)v.Value[4]).ToHashSet();
        Assert.That(kinds, Is.EquivalentTo(Enum.GetValues<FrameKind>().Where(k => k != FrameKind.Extension)));
    }

    [TestCaseSource(nameof(Names))]
    public void Document_agrees_with_its_own_description(string name) => Assert.That(Hex(Documented[name]), Is.EqualTo(Hex(Expected[name])));

    [TestCaseSource(nameof(Names))]
    public void Header_is_read_and_written_as_documented(string name)
    {
        if (name == "preface")
        {
            Assert.That(NativeFraming.Preface.ToArray(), Is.EqualTo(Documented[name]));
            return;
        }

        var bytes = Documented[name];
        var header = NativeFraming.Instance.ReadHeader(bytes, NativeFraming.LargestFrame);
        Assert.That(((byte)header.Kind, (byte)header.Flags, header.Length), Is.EqualTo((bytes[4], bytes[5], bytes.Length - 16)));
        var written = new byte[16];
        NativeFraming.Instance.WriteHeader(written, in header);
        Assert.That(Hex(written), Is.EqualTo(Hex(bytes[..16])));
    }

    [Test]
    public void Call_has_starter_generation_and_slot()
    {
        var id = new CallId(0x8000_0000 | 0x7FFF << 16 | 0xABCD);
        Assert.That((id.ByAcceptor, id.Generation, id.Slot), Is.EqualTo((true, 0x7FFF, 0xABCD)));
        Assert.That(new CallId(false, 2, 1).Value, Is.EqualTo(0x0002_0001u));
    }

    [Test]
    public void Hello_is_read_and_written_as_documented()
    {
        var hello = Hello.Read(Payload("HELLO"));
        Assert.That(hello.Limits, Is.EqualTo(new PeerLimits(1024, 4 << 20, 8 << 20, 1024)));
        Assert.That((hello.Features, hello.Role, hello.Channel, hello.Token.Length, hello.Agent), Is.EqualTo((0u, SessionRole.Peer, Guid.Empty, 0, "ButlerRpc")));
        Assert.That(Written(hello.Write), Is.EqualTo(Hex(Payload("HELLO"))));
    }

    [Test]
    public void Hello_of_a_consumer_has_a_channel_and_may_have_a_token()
    {
        byte[] payload = [.. Limits, 1, .. Enumerable.Range(0, 16).Select(i => (byte)i), 3, 0, 7, 8, 9, .. Agent];
        var hello = Hello.Read(payload);
        Assert.That((hello.Role, hello.Channel), Is.EqualTo((SessionRole.Consumer, Guid.Parse("00010203-0405-0607-0809-0a0b0c0d0e0f"))));
        Assert.That(hello.Token.ToArray(), Is.EqualTo(new byte[] { 7, 8, 9 }));
        Assert.That(Written(hello.Write), Is.EqualTo(Hex(payload)));
    }

    [Test]
    public void Welcome_is_read_and_written_as_documented()
    {
        var welcome = Welcome.Read(Payload("WELCOME"));
        Assert.That((welcome.SessionId, welcome.Agent), Is.EqualTo((0x0807060504030201, "ButlerRpc")));
        Assert.That(welcome.Limits, Is.EqualTo(new PeerLimits(1024, 4 << 20, 8 << 20, 1024)));
        Assert.That(Written(welcome.Write), Is.EqualTo(Hex(Payload("WELCOME"))));
    }

    [Test]
    public void Request_prefixes_are_read_as_documented()
    {
        var body = MessagePrefix.Read(FrameFlags.Deadline, Payload("REQUEST"), out var prefix);
        Assert.That((prefix.DeadlineMilliseconds, prefix.Total), Is.EqualTo((5000u, (uint?)null)));
        Assert.That(Hex(body), Is.EqualTo("92A341646107"));

        body = MessagePrefix.Read(FrameFlags.More | FrameFlags.Deadline | FrameFlags.Total, Payload("REQUEST, first of two frames"), out prefix);
        Assert.That((prefix.DeadlineMilliseconds, prefix.Total), Is.EqualTo((5000u, 6u)));
        Assert.That(Hex(body), Is.EqualTo("92A34164"));
    }

    [Test]
    public void All_prefixes_stand_in_their_order()
    {
        byte[] payload = [1, 0, 0, 0, 9, 0, 0, 0, .. Enumerable.Range(100, 25).Select(i => (byte)i), 2, 0, 0x81, 0xC0, 42, 43];
        var body = MessagePrefix.Read((FrameFlags)(2 | 4 | 8 | 16), payload, out var prefix);
        Assert.That((prefix.DeadlineMilliseconds, prefix.Total), Is.EqualTo((1u, 9u)));
        Assert.That(prefix.Trace.ToArray(), Is.EqualTo(Enumerable.Range(100, 25)));
        Assert.That(Hex(prefix.Metadata), Is.EqualTo("81C0"));
        Assert.That(Hex(body), Is.EqualTo("2A2B"));
    }

    [Test]
    public void Error_is_read_and_written_as_documented()
    {
        var error = ErrorPayload.Read(12, Payload("ERROR"), []);
        error.AssertIs(ButlerStatus.Unimplemented, ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod);
        Assert.That((error.Message, error.ErrorId), Is.EqualTo(("no", Guid.Empty)));
        Assert.That(Written(buffer => ErrorPayload.Write(buffer, error, ButlerCertainty.NotExecuted, [])), Is.EqualTo(Hex(Payload("ERROR"))));
    }

    [Test]
    public void Error_text_is_cut_at_four_kibibytes_and_never_within_a_character()
    {
        var error = new ButlerException(ButlerStatus.Internal, new string('ä', 4000));
        using var buffer = new WriteBuffer();
        ErrorPayload.Write(buffer, error, ButlerCertainty.Executed, []);
        var read = ErrorPayload.Read(13, buffer.WrittenSpan, []);
        Assert.That(read.Message, Is.EqualTo(new string('ä', 2048)));
    }

    [Test]
    public void Bind_is_read_and_written_as_documented()
    {
        var methods = new List<(uint, ulong)>();
        Assert.That(BindPayload.Read(Payload("BIND"), methods, out var accept), Is.EqualTo("Shop.IOrders"));
        Assert.That((accept, methods.Single()), Is.EqualTo((false, (7u, 0x1122334455667788ul))));
        Assert.That(Written(buffer => BindPayload.Write(buffer, "Shop.IOrders", [Place], accept: false)), Is.EqualTo(Hex(Payload("BIND"))));
    }

    [Test]
    public void Schema_is_read_and_written_as_documented()
    {
        var (code, lines) = SchemaPayload.Read(Payload("SCHEMA"));
        Assert.That((code, lines.Single()), Is.EqualTo((7u, "method Shop.IOrders.PlaceAsync code 7 unary")));
        Assert.That(Written(buffer => SchemaPayload.Write(buffer, Place, 1000)), Is.EqualTo(Hex(Payload("SCHEMA"))));
    }

    [Test]
    public void Schema_that_promises_more_lines_than_it_has_is_refused_before_anything_is_allocated_for_them()
    {
        byte[] payload = [1, 0, (byte)'x', 7, 0, 0, 0, 0xFF, 0xFF];
        Refuse(payload);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuse(payload);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4096));

        static void Refuse(byte[] payload)
        {
            try
            {
                SchemaPayload.Read(payload);
            }
            catch (ProtocolViolationException)
            {
                return;
            }

            Assert.Fail("it was taken");
        }
    }

    static readonly Method<int, int> Place = new()
    {
        Service = "Shop.IOrders", Name = "PlaceAsync", Code = 7, Shape = MethodShape.Unary, ShapeHash = 0x1122334455667788,
        ContractLines = ["method Shop.IOrders.PlaceAsync code 7 unary"], RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    static IEnumerable<string> Names => Expected.Keys;

    static ReadOnlySpan<byte> Payload(string name) => Documented[name].AsSpan(16);

    static string Written(Action<WriteBuffer> write)
    {
        using var buffer = new WriteBuffer();
        write(buffer);
        return Hex(buffer.WrittenSpan);
    }

    static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);

    [GeneratedRegex("^\\| ([^|]+) \\| `([0-9a-f ]+)` \\|")]
    private static partial Regex VectorRow();
}
