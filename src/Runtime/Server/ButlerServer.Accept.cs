using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Server;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;

namespace ButlerRpc;

// From a connection to a session.
public sealed partial class ButlerServer
{
    readonly Acceptor _acceptor;

    /// <summary>Serves a connection that somebody else has accepted, unless there are too many.</summary>
    internal void Accept(Connection connection, PortProtocols protocols, ButlerEndpoint? endpoint = null) => _acceptor.Receive(protocols.Over(connection), endpoint, Serve);

    Refusal? Serve(Connection connection, ButlerEndpoint? endpoint, Admission.Place place)
    {
        var protocol = (connection as SpokenConnection)?.Protocol ?? PortProtocols.Only(endpoint!);
        Session? session = null;
        Guest? guest = null;
        lock (_gate)
        {
            if (_stop is not null)
                return Refusal.ServerStops;
            if (protocol is OwnProtocol)
            {
                session = _wires.Create(connection, protocol == OwnProtocol.Iproto, Services, isAcceptor: true, endpoint: endpoint);
                session.Principal = connection.Principal;
                _sessions.Add(session);
            }
            else
            {
                _guests.Add(guest = new Guest(connection));
            }
        }

        if (session is not null)
        {
            session.Run();
            if (session.HasInit)
                _platform.Scheduler.Start(session.InitAcceptedAsync);
            _platform.Scheduler.Start(() => WatchOpeningAsync(session, place));
            _platform.Scheduler.Start(() => WatchAsync(session, connection.CloseRequested, place));
        }
        else
        {
            _acceptor.Opened(place);
            _platform.Scheduler.Start(() => ServeGuestAsync(guest!, protocol, place));
        }

        return null;
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

        _acceptor.Opened(place);
        if (_options.Init is not { } init)
            return;
        try
        {
            await init(session.Face(), session.Ended);
        }
        catch (Exception e)
        {
            if (session.State == SessionState.Closed)
                return; // the reason of its end says more than what the callback made of it
            Log.InitFailed(_logger, e, session.RemoteAddress);
            session.Abort(ButlerReason.Stopped, $"its initialisation failed: {e.Message}");
        }
    }

    async Task WatchAsync(Session session, CancellationToken closeRequested, Admission.Place place)
    {
        using (closeRequested.UnsafeRegister(_ => _platform.Scheduler.Start(() => session.DrainAsync(_options.DrainTimeout)), null))
            await session.Closed;
        lock (_gate)
            _sessions.Remove(session);
        _acceptor.Leave(place);
    }
}
