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
        var (socket, connection, other) = await ConnectAsync();
        await using var _ = connection;
        using var __ = other;
        var most = new byte[sizeof(int)];
        socket.GetRawSocketOption(LevelTcp, NotSentLowWater, most);
        Assert.That(BitConverter.ToInt32(most), Is.EqualTo(65_536));
    }

    [Test]
    [Platform("Linux", Reason = "the option is Linux's")]
    public async Task Kernel_wakes_nobody_for_bytes_that_are_asked_for()
    {
        var (socket, connection, other) = await ConnectAsync();
        await using var _ = connection;
        using var __ = other;
        Assert.That((connection.HasBytes, WakesFrom(socket)), Is.EqualTo((false, 1)));
        connection.ExpectAsking();
        Assert.That(WakesFrom(socket), Is.EqualTo(16_384), "from before they have come");
        await ReceiveAskedAsync(connection, other);
        await ReceiveAskedAsync(connection, other);
        Assert.That(WakesFrom(socket), Is.EqualTo(16_384), "it goes on asking");
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task Receive_that_waits_hears_of_a_single_byte_after_others_were_asked_for(CancellationToken stuck)
    {
        var (_, connection, other) = await ConnectAsync();
        await using var __ = connection;
        using var ___ = other;
        await ReceiveAskedAsync(connection, other);
        var waiting = connection.ReceiveAsync(new byte[16]).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        await other.SendAsync(new byte[1]);
        Assert.That(await waiting.WaitAsync(stuck), Is.EqualTo(1));

        await ReceiveAskedAsync(connection, other);
        var empty = connection.ReceiveAsync(default).AsTask();
        await other.SendAsync(new byte[1]);
        Assert.That(await empty.WaitAsync(stuck), Is.Zero, "that of an idle session");
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task Receive_that_waits_hears_of_the_end_after_bytes_were_asked_for(CancellationToken stuck)
    {
        var (_, connection, other) = await ConnectAsync();
        await using var __ = connection;
        await ReceiveAskedAsync(connection, other);
        other.Shutdown(SocketShutdown.Both);
        Assert.That(await connection.ReceiveAsync(new byte[16]).AsTask().WaitAsync(stuck), Is.Zero);
        other.Dispose();
    }

    static async Task ReceiveAskedAsync(SocketConnection connection, Socket other)
    {
        connection.ExpectAsking();
        await other.SendAsync(new byte[3]);
        while (!connection.HasBytes) // as a session asks; loopback has them within microseconds
            await Task.Yield();
        Assert.That(await connection.ReceiveAsync(new byte[16]), Is.EqualTo(3));
    }

    static int WakesFrom(Socket socket)
    {
        const int LevelSocket = 1, ReceiveLowWater = 18;
        var least = new byte[sizeof(int)];
        socket.GetRawSocketOption(LevelSocket, ReceiveLowWater, least);
        return BitConverter.ToInt32(least);
    }

    static async Task<(Socket Socket, SocketConnection Connection, Socket Other)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!);
        return (socket, new SocketConnection(socket), await listener.AcceptAsync());
    }
}
