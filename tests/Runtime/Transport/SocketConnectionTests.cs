using System.Net;
using System.Net.Sockets;
using ButlerRpc.Transport;

namespace ButlerRpc.Runtime.Tests.Transport;

public sealed class SocketConnectionTests
{
    [Test]
    [Platform("Linux", Reason = "the option is Linux's")]
    public async Task Bytes_beyond_64_KiB_that_are_not_sent_stay_in_the_session_where_small_calls_can_overtake_them()
    {
        const int LevelTcp = 6, NotSentLowWater = 25;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!);
        await using var connection = new SocketConnection(socket);
        var most = new byte[sizeof(int)];
        socket.GetRawSocketOption(LevelTcp, NotSentLowWater, most);
        Assert.That(BitConverter.ToInt32(most), Is.EqualTo(65_536));
    }
}
