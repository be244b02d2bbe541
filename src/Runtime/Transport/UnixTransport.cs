using System.Globalization;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>
/// Unix domain sockets, for <c>unix:///path</c>; <c>?mode=660</c> sets who may connect. A socket file that nobody listens on any more is replaced; the
/// listener deletes its own when it is closed.
/// </summary>
public sealed class UnixTransport : ITransport
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["unix"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Options { get; } = ["mode", .. SocketSettings.Buffers];

    /// <inheritdoc/>
    public void EnsureDialable(ButlerEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        SocketSettings.Of(endpoint);
        Address(endpoint);
    }

    /// <inheritdoc/>
    public async ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var settings = SocketSettings.Of(endpoint);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            settings.Apply(socket);
            await socket.ConnectAsync(Address(endpoint), cancellationToken);
            return new SocketConnection(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"{endpoint} cannot be reached: {Reason(endpoint, e, $"there is no socket at {endpoint.Path}; is its server running?")}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var settings = SocketSettings.Of(endpoint);
        var mode = ModeOf(endpoint);
        var address = Address(endpoint);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            DeleteIfStale(endpoint, address);
            settings.Apply(socket);
            socket.Bind(OperatingSystem.IsLinux() ? new UnixListenAddress(address) : address);
            if (mode is { } wanted && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(endpoint.Path, wanted);
            socket.Listen(SocketListener.Backlog);
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or IOException)
        {
            socket.Dispose();
            return ValueTask.FromException<ConnectionListener>(new IOException($"cannot listen on {endpoint}: {Reason(endpoint, e, e.Message)}", e));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new(new SocketListener(socket, endpoint, settings, proxies: null, new SocketFile(endpoint.Path)));
    }

    // A path that leads nowhere is no address to .NET, which says no more of it.
    static string Reason(ButlerEndpoint endpoint, Exception failure, string inThere) => failure is not SocketException { SocketErrorCode: SocketError.AddressNotAvailable }
        ? failure.Message
        : Path.GetDirectoryName(endpoint.Path) is { } directory && !Directory.Exists(directory) ? $"there is no directory {directory}" : inThere;

    static UnixDomainSocketEndPoint Address(ButlerEndpoint endpoint)
    {
        try
        {
            return new UnixDomainSocketEndPoint(endpoint.Path);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"'{endpoint}' is not an endpoint: {e.Message}", e);
        }
    }

    // A file that is left of a server that was killed: nobody answers there.
    static void DeleteIfStale(ButlerEndpoint endpoint, UnixDomainSocketEndPoint address)
    {
        if (!File.Exists(endpoint.Path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(address);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            if (!IsSocket(endpoint.Path))
                throw new IOException("a file that is no socket stands there, and it is not replaced; move it, or choose another path");
            File.Delete(endpoint.Path);
        }
    }

    // .NET does not tell sockets from other files; but they have no bytes, and cannot be opened like files. To write as well, as opening a pipe just to read it would wait.
    static bool IsSocket(string path)
    {
        if (new FileInfo(path).Length > 0)
            return false;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    static UnixFileMode? ModeOf(ButlerEndpoint endpoint)
    {
        if (!endpoint.Options.TryGetValue("mode", out var text))
            return null;
        try
        {
            var mode = Convert.ToInt32(text, 8);
            if (mode is >= 0 and <= 0x1FF && text.All(char.IsAsciiDigit))
                return (UnixFileMode)mode;
        }
        catch (FormatException)
        {
            // Told below.
        }

        throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"mode={text} of the endpoint '{endpoint}' must be three octal digits, such as 660"));
    }
}
