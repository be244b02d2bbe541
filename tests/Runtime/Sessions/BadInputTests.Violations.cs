using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

// What a correct peer cannot send.
public partial class BadInputTests
{
    static IEnumerable<TestCaseData> Violations()
    {
        var opening = new[] { Wire.Preface, Wire.HelloFrame() };
        TestCaseData Case(string name, params byte[][] parts) => new TestCaseData(parts.SelectMany(p => p).ToArray()).SetName(name + " ends the session");

        byte[] request = Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody);
        yield return Case("Request before HELLO", [Wire.Preface, request]);
        yield return Case("WELCOME from a dialler", [Wire.Preface, Wire.WelcomeFrame()]);
        yield return Case("PING before HELLO", [Wire.Preface, Wire.Frame(Wire.Ping, 0, 0, 0, new byte[8])]);
        yield return Case("Unknown kind before HELLO", [Wire.Preface, Wire.Frame(0x90, 0, 0, 0)]);
        yield return Case("HELLO that is too short", [Wire.Preface, Wire.Frame(Wire.Hello, 0, 0, 0, new byte[10])]);
        yield return Case("HELLO that takes no calls", [Wire.Preface, Wire.HelloFrame(slots: 0)]);
        yield return Case("HELLO that takes only tiny messages", [Wire.Preface, Wire.HelloFrame(maxMessage: 100)]);
        yield return Case("Second HELLO", [.. opening, Wire.HelloFrame()]);
        yield return Case("WELCOME behind HELLO", [.. opening, Wire.WelcomeFrame()]);
        foreach (var kind in new byte[] { 0x00, 0x05, 0x0F, 0x19, 0x22, 0x31, 0x7F })
            yield return Case($"Unknown kind 0x{kind:X2}", [.. opening, Wire.Frame(kind, 0, 0, 0)]);
        foreach (var flag in new byte[] { 32, 64, 128 })
            yield return Case($"Unknown flag {flag}", [.. opening, Wire.Frame(Wire.Request, flag, 4, Wire.CallId(0), WorkBody)]);
        foreach (var (kind, flags) in new (byte, byte)[]
        {
            (Wire.Reply, Wire.Deadline), (Wire.Notify, Wire.Deadline), (Wire.Error, Wire.More),
            (Wire.Cancel, Wire.More), (Wire.Ping, Wire.Total), (Wire.Goaway, 16), (Wire.Item, 8),
        })
            yield return Case($"Flags {flags} on kind 0x{kind:X2}", [.. opening, Wire.Frame(kind, flags, 0, Wire.CallId(0), new byte[8])]);
        yield return Case("Reserved field that is not 0", [.. opening, Wire.Header(0, Wire.Request, reserved: 1)]);
        yield return Case("Wrong starter bit", [.. opening, Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0, byAcceptor: true), WorkBody)]);
        yield return Case("Slot at the announced limit", [.. opening, Wire.Frame(Wire.Request, 0, 4, Wire.CallId(1024), WorkBody)]);
        yield return Case("Deadline that is cut off", [.. opening, Wire.Frame(Wire.Request, Wire.Deadline, 4, Wire.CallId(0), [1, 2])]);
        yield return Case("MORE without TOTAL", [.. opening, Wire.Frame(Wire.Request, Wire.More, 4, Wire.CallId(0), WorkBody)]);
        yield return Case(
            "TOTAL that the only frame does not fill",
            [.. opening, Wire.Frame(Wire.Request, Wire.Total, 4, Wire.CallId(0), [9, 0, 0, 0, 42])]);
        yield return Case(
            "Message longer than its TOTAL",
            [
                .. opening, Wire.Frame(Wire.Request, Wire.Total | Wire.More, 4, Wire.CallId(0), [2, 0, 0, 0, 42]),
                Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), [1, 2, 3]),
            ]);
        yield return Case(
            "Message shorter than its TOTAL",
            [
                .. opening, Wire.Frame(Wire.Request, Wire.Total | Wire.More, 4, Wire.CallId(0), [9, 0, 0, 0, 42]),
                Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), [1]),
            ]);
        yield return Case(
            "TOTAL beyond the reassembly window",
            [
                .. opening,
                Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(0), [.. Wire.U32((8 << 20) + 1), 1]),
            ]);
        yield return Case(
            "TOTALs that are beyond the reassembly window together",
            [
                .. opening,
                Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(0), [.. Wire.U32(3 << 20), 1]),
                Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(1), [.. Wire.U32(3 << 20), 1]),
                Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(2), [.. Wire.U32(3 << 20), 1]),
            ]);
        yield return Case(
            "Prefixes on a frame that is not the first",
            [
                .. opening, Wire.Frame(Wire.Request, Wire.Total | Wire.More, 4, Wire.CallId(0), [9, 0, 0, 0, 42]),
                Wire.Frame(Wire.Request, Wire.Deadline, 4, Wire.CallId(0), [1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
            ]);
        yield return Case("PING of 7 bytes", [.. opening, Wire.Frame(Wire.Ping, 0, 0, 0, new byte[7])]);
        yield return Case("PING of 9 bytes", [.. opening, Wire.Frame(Wire.Ping, 0, 0, 0, new byte[9])]);
        yield return Case("GOAWAY without a number", [.. opening, Wire.Frame(Wire.Goaway, 0, 3, 0)]);
        yield return Case("CANCEL for a slot never used", [.. opening, Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(5))]);
        yield return Case("CANCEL with the starter bit of the server", [.. opening, Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(0, byAcceptor: true))]);
        yield return Case("REPLY to a call never made", [.. opening, Wire.Frame(Wire.Reply, 0, 0, Wire.CallId(0, byAcceptor: true), 0xC0)]);
        yield return Case("ERROR to a call never made", [.. opening, Wire.ErrorFrame(Wire.CallId(3, byAcceptor: true), 13, 2, 0, "no")]);
        yield return Case(
            "101 frames of kinds that are not known yet", [.. opening, .. Enumerable.Repeat(Wire.Frame(0x85, 0xFF, 1, 2, 3), 101)]);
    }
}
