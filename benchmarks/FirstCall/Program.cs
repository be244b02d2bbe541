using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using ButlerRpc;
using ButlerRpc.Benchmarks.Load.Contestants;

// A console program that makes one call and ends; whoever starts it takes the time until it says so. Each way in a method of its own, so that a process compiles and loads
// nothing of the others.
var port = int.Parse(args[1], CultureInfo.InvariantCulture);
switch (args[0])
{
    case "bare":
        await BareAsync(port);
        break;
    case "butler":
        await ButlerAsync(port);
        break;
    case "http":
        await HttpAsync(port);
        break;
    default:
        Console.Error.WriteLine("bare | butler | http, and a port");
        return 2;
}

return 0;

// The first reply is what is timed, not the way down behind it.
static void Answered() => Console.WriteLine("answered");

[MethodImpl(MethodImplOptions.NoInlining)]
static async Task BareAsync(int port)
{
    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    await socket.ConnectAsync(IPAddress.Loopback, port);
    var frame = new byte[4 + 32];
    BinaryPrimitives.WriteInt32LittleEndian(frame, 32);
    await socket.SendAsync(frame);
    for (var received = 0; received < frame.Length;)
        received += await socket.ReceiveAsync(frame.AsMemory(received)) is > 0 and var more ? more : throw new IOException("the server has closed");
    Answered();
}

[MethodImpl(MethodImplOptions.NoInlining)]
static async Task ButlerAsync(int port)
{
    await using var client = await ButlerClient.ConnectAsync($"tcp://127.0.0.1:{port}");
    (await client.Create<IEcho>().EchoAsync(Numbers.Of(1, 1))).Check(1, 1);
    Answered();
}

[MethodImpl(MethodImplOptions.NoInlining)]
static async Task HttpAsync(int port)
{
    using var client = new HttpClient
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
    using var response = await client.PostAsJsonAsync("/numbers", Numbers.Of(1, 1), NumbersJson.Default.Numbers);
    (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(NumbersJson.Default.Numbers)).Check(1, 1);
    Answered();
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Numbers))]
sealed partial class NumbersJson : JsonSerializerContext;
