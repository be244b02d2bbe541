using ButlerRpc.Platform;
using ButlerRpc.Server;
using ButlerRpc.Sessions;

namespace ButlerRpc;

// From a connection to a session.
public sealed partial class ButlerServer
{
    readonly Acceptor _acceptor;

    string? Serve(Connection connection, ButlerEndpoint endpoint, Admission.Place place)
    {
        Session session;
        lock (_gate)
        {
            if (_stop is not null)
                return "the server stops";
            session = _wires.Create(connection, endpoint, Services, isAcceptor: true);
            session.Principal = connection.Principal;
            _sessions.Add(session);
        }

        session.Run();
        _platform.Scheduler.Start(() => WatchOpeningAsync(session, place));
        _platform.Scheduler.Start(() => WatchAsync(session, place));
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
    }

    async Task WatchAsync(Session session, Admission.Place place)
    {
        await session.Closed;
        lock (_gate)
            _sessions.Remove(session);
        _acceptor.Leave(place);
    }
}
