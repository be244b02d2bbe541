using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ButlerRpc.Samples.Tests;

/// <summary>A server that is handed its socket as systemd does it: the descriptor 3, and three variables.</summary>
[Platform("Linux", Reason = "systemd's way of handing sockets over")]
[CancelAfter(120_000)]
sealed class SocketActivationTests
{
    const string Bash = "/bin/bash";

    [Test]
    public async Task A_server_takes_the_socket_that_listened_before_it_and_leaves_it_for_the_next()
    {
        if (!File.Exists(Bash))
            Assert.Ignore($"{Bash} is missing, which hands the socket over");
        using var socket = new Socket(Loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(Loopback, 0));
        socket.Listen();
        var descriptor = (int)socket.Handle;
        Assert.That(SetDescriptorFlags(descriptor, SetFlags, 0), Is.Zero, "the shell inherits it");

        for (var round = 1; round <= 2; round++)
        {
            using var server = SampleProcess.StartByScript(
                Bash, $"exec 3<&{descriptor} {descriptor}<&-; export LISTEN_FDS=1 LISTEN_FDNAMES=orders.socket LISTEN_PID=$$; exec \"$@\"",
                "Orders.Server", "--stop-with-input", "true", "--listen", "systemd://orders.socket");
            Assert.That(await server.LineAsync("ready on"), Is.EqualTo("ready on systemd://orders.socket"));
            var client = await SampleProcess.RunAsync("Orders.Client", "--server", $"tcp://{socket.LocalEndPoint}");
            Assert.That(client.ExitCode, Is.Zero, $"round {round}: {client.Text}");
            server.CloseInput();
            var result = await server.ResultAsync();
            Assert.That(result.ExitCode, Is.Zero, result.Text);
            Assert.That(result.Lines, Has.Some.StartsWith("stopped; ").And.None.EqualTo("stopped; 0 orders confirmed"));
        }
    }

    [Test]
    public async Task A_server_that_was_handed_nothing_says_so()
    {
        var result = await SampleProcess.RunAsync("Orders.Server", "--listen", "systemd://orders.socket");

        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Text, Does.Contain("cannot listen on systemd://orders.socket: this process was given no sockets"));
    }

    // Containers often have no IPv6.
    static IPAddress Loopback =>
        NetworkInterface.GetAllNetworkInterfaces().Any(n => n.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(IPAddress.IPv6Loopback)))
            ? IPAddress.IPv6Loopback
            : IPAddress.Loopback;

    const int SetFlags = 2; // F_SETFD; no flags: not closed on exec

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    static extern int SetDescriptorFlags(int descriptor, int command, int flags);
}
