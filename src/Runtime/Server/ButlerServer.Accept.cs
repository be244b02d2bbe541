using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Server;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// From a connection to a session. What takes the peer's help (a TLS handshake, a proxy's header) is done beside other connections and within a time limit;
// what is too many is refused before any of it.
public sealed partial class ButlerServer
{
    static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    readonly Admission _admission;
    readonly HashSet<Connection> _opening = [];

    async Task AcceptLoopAsync(ConnectionListener listener)
    {
        while (true)
        {
            Connection? connection;
            try
            {
                connection = await listener.AcceptAsync();
            }
            catch (IOException e)
            {
                // Out of descriptors, most likely: those who are connected go on, and accepting is tried again.
                Log.AcceptFailed(_logger, listener.Endpoint.ToString(), e.Message);
                await Task.Delay(AcceptPause, _platform.Time);
                continue;
            }

            if (connection is null)
                return;
            Receive(connection, listener.Endpoint);
        }
    }

    void Receive(Connection connection, ButlerEndpoint endpoint)
    {
        var place = new Admission.Place(connection.RemoteHost);
        string? refusal;
        lock (_gate)
        {
            refusal = _stop is not null ? "the server stops" : _admission.TryEnter(place);
            if (refusal is null)
                _opening.Add(connection);
        }

        if (refusal is not null)
        {
            Log.Refused(_logger, connection.RemoteAddress, refusal);
            connection.Abort();
            return;
        }

        var timeout = new CancellationTokenSource(_options.Limits.HandshakeTimeout, _platform.Time);
        var opening = connection.OpenAsync(timeout.Token);
        if (opening.IsCompletedSuccessfully)
        {
            timeout.Dispose();
            Serve(connection, opening.Result, place, endpoint);
        }
        else
        {
            _platform.Scheduler.Start(() => OpenAsync(connection, opening, timeout, place, endpoint));
        }
    }

    async Task OpenAsync(Connection connection, ValueTask<Connection> opening, CancellationTokenSource timeout, Admission.Place place, ButlerEndpoint endpoint)
    {
        string reason;
        try
        {
            var opened = await opening;
            timeout.Dispose();
            Serve(connection, opened, place, endpoint);
            return;
        }
        catch (IOException e)
        {
            reason = e.Message;
        }
        catch (OperationCanceledException)
        {
            reason = $"it was not open after {_options.Limits.HandshakeTimeout.TotalSeconds:0.#} s";
        }
        catch (Exception e)
        {
            // Whatever a transport does with what a stranger has sent must not end the server.
            Log.OpenFailed(_logger, e, connection.RemoteAddress);
            reason = e.Message;
        }

        timeout.Dispose();
        connection.Abort();
        lock (_gate)
        {
            _opening.Remove(connection);
            _admission.Leave(place);
        }

        Log.Refused(_logger, connection.RemoteAddress, reason);
    }

    void Serve(Connection accepted, Connection connection, Admission.Place place, ButlerEndpoint endpoint)
    {
        Session? session = null;
        string? refusal;
        lock (_gate)
        {
            _opening.Remove(accepted);
            refusal = _stop is not null ? "the server stops" : _admission.TryMove(place, connection.RemoteHost);
            if (refusal is null)
            {
                session = _wires.Create(connection, endpoint, Services, isAcceptor: true);
                session.Principal = connection.Principal;
                _sessions.Add(session);
            }
            else
            {
                _admission.Leave(place);
            }
        }

        if (session is null)
        {
            Log.Refused(_logger, connection.RemoteAddress, refusal!);
            connection.Abort();
            return;
        }

        session.Run();
        _platform.Scheduler.Start(() => WatchOpeningAsync(session, place));
        _platform.Scheduler.Start(() => WatchAsync(session, place));
    }

    async Task WatchOpeningAsync(Session session, Admission.Place place)
    {
        try
        {
            await session.Opened;
        }
        catch (ButlerException)
        {
            return; // its end is seen where all ends are
        }

        lock (_gate)
            _admission.Opened(place);
    }

    async Task WatchAsync(Session session, Admission.Place place)
    {
        await session.Closed;
        lock (_gate)
        {
            _sessions.Remove(session);
            _admission.Leave(place);
        }
    }
}
