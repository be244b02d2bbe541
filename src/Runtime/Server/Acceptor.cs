using System.Net.Sockets;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Server;

/// <summary>
/// From listeners to connections that may be served. What takes the peer's help (a TLS handshake, a proxy's header) is done beside other connections and within
/// a time limit; what is too many is refused before any of it.
/// </summary>
/// <param name="platform">Time and scheduling.</param>
/// <param name="logger">Where it logs.</param>
/// <param name="admission">Counts the connections.</param>
/// <param name="openTimeout">How long a connection may take to open.</param>
sealed class Acceptor(ButlerPlatform platform, ILogger logger, Admission admission, TimeSpan openTimeout)
{
    /// <summary>Serves a connection that is open, and gives its place back with <see cref="Leave"/> when it has ended. Null: it does; else why it does not.</summary>
    public delegate Refusal? Server(Connection connection, ButlerEndpoint? endpoint, Admission.Place place);

    static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    readonly Lock _gate = new();
    readonly List<ConnectionListener> _listeners = [];
    readonly HashSet<Connection> _opening = [];
    readonly Dictionary<string, long> _refused = new(StringComparer.Ordinal);
    bool _stopped;

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<ButlerEndpoint> Endpoints
    {
        get
        {
            lock (_gate)
                return _listeners.Select(l => l.Endpoint).ToArray();
        }
    }

    /// <summary>How many connections have a place.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
                return admission.Connections;
        }
    }

    /// <summary>How many connections were refused for a kind of reason.</summary>
    public long Refused(string kind)
    {
        lock (_gate)
            return _refused.GetValueOrDefault(kind);
    }

    /// <summary>Begins to listen on all of some endpoints, or on none. Nothing is accepted before <see cref="Run"/>.</summary>
    /// <exception cref="IOException">One cannot be listened on.</exception>
    public async Task<IReadOnlyList<ConnectionListener>> ListenAsync(IReadOnlyList<ButlerEndpoint> endpoints, CancellationToken cancellationToken)
    {
        var listeners = new List<ConnectionListener>();
        try
        {
            foreach (var endpoint in endpoints)
                listeners.Add(await platform.TransportOf(endpoint).ListenAsync(endpoint, platform, cancellationToken));
            lock (_gate)
            {
                if (_stopped)
                    throw new IOException("nothing is listened on any more: it was stopped meanwhile");
                _listeners.AddRange(listeners);
            }

            return listeners;
        }
        catch
        {
            foreach (var listener in listeners)
                await listener.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes a listener over; see <see cref="ListenAsync"/>.</summary>
    public void Add(ConnectionListener listener)
    {
        lock (_gate)
            _listeners.Add(listener);
    }

    /// <summary>Accepts on a listener from here on.</summary>
    public void Run(ConnectionListener listener, Server serve) => platform.Scheduler.Start(() => AcceptLoopAsync(listener, serve));

    /// <summary>The connection has introduced itself.</summary>
    public void Opened(Admission.Place place)
    {
        lock (_gate)
            admission.Opened(place);
    }

    /// <summary>The connection has ended.</summary>
    public void Leave(Admission.Place place)
    {
        lock (_gate)
            admission.Leave(place);
    }

    /// <summary>Listens no more, and breaks off what is not open yet.</summary>
    public async Task StopAsync()
    {
        ConnectionListener[] listeners;
        Connection[] opening;
        lock (_gate)
        {
            _stopped = true;
            listeners = [.. _listeners];
        }

        foreach (var listener in listeners)
            await listener.DisposeAsync();
        lock (_gate)
            opening = [.. _opening];
        foreach (var connection in opening)
            connection.Abort();
    }

    async Task AcceptLoopAsync(ConnectionListener listener, Server serve)
    {
        while (true)
        {
            Connection? connection;
            try
            {
                connection = await listener.AcceptAsync();
            }
            catch (Exception e)
            {
                // Out of descriptors, most likely: those who are connected go on, and accepting is tried again, whatever the transport says.
                lock (_gate)
                {
                    if (_stopped)
                        return;
                }

                Log.AcceptFailed(logger, listener.Endpoint.ToString(), e.Message);
                await Task.Delay(AcceptPause, platform.Time);
                continue;
            }

            if (connection is null)
                return;
            Receive(connection, listener.Endpoint, serve);
        }
    }

    /// <summary>Takes a connection, which a listener of its own or somebody else has accepted at the endpoint.</summary>
    public void Receive(Connection connection, ButlerEndpoint? endpoint, Server serve)
    {
        var place = new Admission.Place(connection.RemoteHost);
        Refusal? refusal;
        lock (_gate)
        {
            refusal = _stopped ? Refusal.ListensNoMore : Limit(admission.TryEnter(place));
            if (refusal is null)
                _opening.Add(connection);
        }

        if (refusal is not null)
        {
            Refuse(connection, refusal);
            return;
        }

        var timeout = new CancellationTokenSource(openTimeout, platform.Time);
        ValueTask<Connection> opening;
        try
        {
            opening = connection.OpenAsync(timeout.Token);
        }
        catch (Exception e)
        {
            opening = ValueTask.FromException<Connection>(e); // judged where all failures to open are
        }

        if (opening.IsCompletedSuccessfully)
        {
            timeout.Dispose();
            Serve(connection, opening.Result, place, endpoint, serve);
        }
        else
        {
            platform.Scheduler.Start(() => OpenAsync(connection, opening, timeout, place, endpoint, serve));
        }
    }

    async Task OpenAsync(
        Connection connection, ValueTask<Connection> opening, CancellationTokenSource timeout, Admission.Place place, ButlerEndpoint? endpoint, Server serve)
    {
        string reason;
        try
        {
            var opened = await opening;
            timeout.Dispose();
            Serve(connection, opened, place, endpoint, serve);
            return;
        }
        catch (Exception) when (timeout.IsCancellationRequested)
        {
            reason = $"it was not open after {openTimeout.TotalSeconds:0.#} s";
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            reason = e.Message; // broken by the other end, or by stopping
        }
        catch (Exception e)
        {
            // Whatever a transport does with what a stranger has sent must not end the server.
            Log.OpenFailed(logger, e, connection.RemoteAddress);
            reason = e.Message;
        }

        timeout.Dispose();
        lock (_gate)
        {
            _opening.Remove(connection);
            admission.Leave(place);
        }

        Refuse(connection, new Refusal(Refusal.Handshake, reason));
    }

    void Serve(Connection accepted, Connection connection, Admission.Place place, ButlerEndpoint? endpoint, Server serve)
    {
        Refusal? refusal;
        lock (_gate)
        {
            _opening.Remove(accepted);
            refusal = _stopped ? Refusal.ListensNoMore : Limit(admission.TryMove(place, connection.RemoteHost));
        }

        refusal ??= serve(connection, endpoint, place);
        if (refusal is null)
            return;
        Leave(place);
        Refuse(connection, refusal);
    }

    static Refusal? Limit(string? reached) => reached is null ? null : new Refusal(Refusal.Limit, reached);

    void Refuse(Connection connection, Refusal refusal)
    {
        lock (_gate)
            _refused[refusal.Kind] = _refused.GetValueOrDefault(refusal.Kind) + 1;
        Log.Refused(logger, connection.RemoteAddress, refusal.Text);
        connection.Abort();
    }
}
