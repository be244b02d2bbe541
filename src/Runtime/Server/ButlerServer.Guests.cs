using System.Net.Sockets;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Server;
using ButlerRpc.Transport;

namespace ButlerRpc;

// Connections that a protocol of the user's serves. They are counted, limited and drained as sessions are.
public sealed partial class ButlerServer
{
    static readonly TimeSpan GuestLinger = TimeSpan.FromSeconds(1);

    readonly HashSet<Guest> _guests = [];
    readonly CancellationTokenSource _stopping = new();

    async Task ServeGuestAsync(Guest guest, ButlerProtocol protocol, Admission.Place place)
    {
        try
        {
            await using (guest.Connection)
                await ServeAsync(guest.Connection, protocol);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            Log.SessionEnded(_logger, guest.Connection.RemoteAddress, e.Message);
        }
        catch (Exception e)
        {
            Log.ProtocolFailed(_logger, e, protocol.Name, guest.Connection.RemoteAddress);
        }

        lock (_gate)
            _guests.Remove(guest);
        _acceptor.Leave(place);
        guest.Ended.TrySetResult();
    }

    async Task ServeAsync(Connection connection, ButlerProtocol protocol)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, connection.CloseRequested);
        await protocol.ServeAsync(connection, stopping.Token);
        await LingerAsync(connection);
    }

    // What was sent last arrives only if the connection is not closed over bytes that nobody has read.
    async Task LingerAsync(Connection connection)
    {
        connection.CloseWrite();
        using var limit = new CancellationTokenSource(GuestLinger, _platform.Time);
        using var registration = limit.Token.UnsafeRegister(static state => ((Connection)state!).Abort(), connection);
        var unread = new byte[1024];
        try
        {
            while (await connection.ReceiveAsync(unread) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // It has ended, which is all that was waited for.
        }
    }

    async Task StopGuestsAsync()
    {
        _stopping.Cancel();
        Guest[] guests;
        lock (_gate)
            guests = [.. _guests];
        if (guests.Length == 0)
            return;
        using var drain = new CancellationTokenSource(_options.DrainTimeout, _platform.Time);
        using var registration = drain.Token.UnsafeRegister(static server => ((ButlerServer)server!).AbortGuests(), this);
        foreach (var guest in guests)
            await guest.Ended.Task;
    }

    void AbortGuests()
    {
        Guest[] guests;
        lock (_gate)
            guests = [.. _guests];
        foreach (var guest in guests)
        {
            guest.Connection.Abort();
            guest.Ended.TrySetResult(); // stopping does not wait for a protocol that does not notice
        }
    }

    sealed class Guest(Connection connection)
    {
        public Connection Connection => connection;

        public TaskCompletionSource Ended { get; } = new();
    }
}
