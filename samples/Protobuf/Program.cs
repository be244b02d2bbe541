using System.Globalization;
using System.Net.Sockets;
using System.Threading.Channels;
using ButlerRpc.Streams;
using Google.Protobuf;
using Samples.Protobuf;

// dotnet run --project samples/Protobuf
//
// Google.Protobuf messages over length-prefixed streams. The prefix is a varint, as in protobuf's own delimited form, so that any program with a protobuf
// library can be the other end; for BuffStreams peers it would be LengthPrefix.BuffStreams(4096), the default.
var options = new ButlerStreamsOptions { Prefix = LengthPrefix.Varint() };
await using var server = new ButlerStreams(options);
var endpoint = await server.ListenAsync("tcp://127.0.0.1:0", new Collector().OnMessageAsync);

// A sensor that uses this library.
var summaries = Channel.CreateUnbounded<Summary>();
await using var sensors = new ButlerStreams(options);
var stream = await sensors.DialAsync($"{endpoint}", async (_, message, ct) => await summaries.Writer.WriteAsync(Summary.Parser.ParseFrom(message.Span), ct));
foreach (var value in new[] { 20.5, 21.0, 21.5 })
{
    await stream.WriteAsync(new Reading { Sensor = "roof", Value = value }.ToByteArray());
    Show(await summaries.Reader.ReadAsync());
}

// One that does not: a socket and what every protobuf library has.
using var socket = new TcpClient();
await socket.ConnectAsync(endpoint.Host, endpoint.Port);
var plain = socket.GetStream();
new Reading { Sensor = "cellar", Value = 12 }.WriteDelimitedTo(plain);
Show(Summary.Parser.ParseDelimitedFrom(plain));

static void Show(Summary summary) =>
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Sensor}: {summary.Count} readings, mean {summary.Mean:0.0}"));
