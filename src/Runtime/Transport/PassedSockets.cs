using System.Globalization;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>
/// The listening sockets that the process was started with, as sd_listen_fds(3) says: <c>LISTEN_FDS</c> descriptors from 3 on, meant for the process
/// <c>LISTEN_PID</c>, named by <c>LISTEN_FDNAMES</c>. Each can be taken once at a time: closing it closes the descriptor.
/// </summary>
sealed class PassedSockets
{
    const int FirstDescriptor = 3;
    const string Unnamed = "unknown"; // what systemd calls them when it passes no names

    readonly Lock _gate = new();
    readonly string? _absence;
    readonly List<(string Name, bool Taken)> _sockets = [];

    internal PassedSockets(Func<string, string?> variable, int processId)
    {
        if (variable("LISTEN_FDS") is not { } count)
            _absence = "this process was given no sockets (LISTEN_FDS is not set); start it by its socket unit";
        else if (!int.TryParse(variable("LISTEN_PID"), NumberStyles.None, CultureInfo.InvariantCulture, out var meant) || meant != processId)
            _absence = $"the sockets are meant for the process {variable("LISTEN_PID")} (LISTEN_PID), this one is {processId}";
        else if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 1024)
            _absence = $"LISTEN_FDS={count} is not a number of sockets";
        else
            Name(number, variable("LISTEN_FDNAMES")?.Split(':') ?? []);
    }

    public static PassedSockets OfProcess { get; } = new(Environment.GetEnvironmentVariable, Environment.ProcessId);

    /// <summary>The socket of a name; of several with that name, the one at <paramref name="index"/>.</summary>
    /// <exception cref="IOException">There is none, or it is taken; the message says which there are.</exception>
    public Socket Take(ButlerEndpoint endpoint, int? index)
    {
        lock (_gate)
        {
            if (_absence is not null)
                throw Cannot(endpoint, _absence);
            var named = Enumerable.Range(0, _sockets.Count).Where(i => _sockets[i].Name == endpoint.Host).ToArray();
            if (named.Length == 0)
                throw Cannot(endpoint, $"no socket has that name; there are: {string.Join(", ", _sockets.Select(s => s.Name))}");
            if (index is null && named.Length > 1)
                throw Cannot(endpoint, $"{named.Length} sockets have that name; choose one by ?index=0 to {named.Length - 1}");
            if (index >= named.Length)
                throw Cannot(endpoint, $"its index is beyond the last one, {named.Length - 1}");
            var at = named[index ?? 0];
            if (_sockets[at].Taken)
                throw Cannot(endpoint, "the socket is in use, or was closed after its use");
            var socket = Open(endpoint, FirstDescriptor + at);
            _sockets[at] = (endpoint.Host, true);
            return socket;
        }
    }

    static Socket Open(ButlerEndpoint endpoint, int descriptor)
    {
        try
        {
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            if (socket.SocketType == SocketType.Stream && socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0)
                return socket;
            socket.Dispose();
            throw Cannot(endpoint, $"the descriptor {descriptor} does not listen for connections (ListenStream= in the unit, Accept=no)");
        }
        catch (SocketException e)
        {
            throw Cannot(endpoint, $"the descriptor {descriptor} is no socket: {e.Message}");
        }
    }

    void Name(int number, string[] names)
    {
        for (var i = 0; i < number; i++)
            _sockets.Add((i < names.Length && names[i].Length > 0 ? names[i] : Unnamed, false));
    }

    static IOException Cannot(ButlerEndpoint endpoint, string why) => new($"cannot listen on {endpoint}: {why}");
}
