using System.Globalization;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>The options that socket endpoints take behind their question mark: <c>sendBuffer</c> and <c>receiveBuffer</c> in bytes, <c>noDelay</c>.</summary>
readonly record struct SocketSettings(int? SendBufferSize, int? ReceiveBufferSize, bool NoDelay)
{
    /// <summary>The options of every socket.</summary>
    public static readonly string[] Buffers = ["receiveBuffer", "sendBuffer"];

    /// <summary>The options of TCP.</summary>
    public static readonly string[] Names = ["noDelay", "proxy", .. Buffers];

    const int Least = 1024;
    const int Most = 1 << 30;

    /// <exception cref="ArgumentException">One is malformed; the message names it, its value and its range.</exception>
    public static SocketSettings Of(ButlerEndpoint endpoint) => new(
        Bytes(endpoint, "sendBuffer"), Bytes(endpoint, "receiveBuffer"),
        !endpoint.Options.TryGetValue("noDelay", out var text) || (bool.TryParse(text, out var noDelay)
            ? noDelay
            : throw new ArgumentException($"noDelay={text} of the endpoint '{endpoint}' must be true or false")));

    /// <summary>Before the socket is connected or listens: a receive buffer set later does not change the window that was announced.</summary>
    public void Apply(Socket socket)
    {
        if (SendBufferSize is { } send)
            socket.SendBufferSize = send;
        if (ReceiveBufferSize is { } receive)
            socket.ReceiveBufferSize = receive;
        if (socket.AddressFamily != AddressFamily.Unix)
            socket.NoDelay = NoDelay;
    }

    static int? Bytes(ButlerEndpoint endpoint, string name)
    {
        if (!endpoint.Options.TryGetValue(name, out var text))
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes is >= Least and <= Most
            ? bytes
            : throw new ArgumentException($"{name}={text} of the endpoint '{endpoint}' must be {Least} to {Most} bytes");
    }
}
