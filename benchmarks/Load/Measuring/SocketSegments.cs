using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>
/// Asks the kernel (sock_diag) how many segments with data each end of a connection has sent. On loopback with NoDelay a send of up to 64 KiB is one
/// segment, so this counts sends for every contestant, whatever it is written in, from outside and at no cost to it.
/// </summary>
static unsafe partial class SocketSegments
{
    const int Netlink = 16, Raw = 3, SockDiag = 4, Interrupted = 4;
    const int Header = 16, Request = 56, Message = 72;

    public readonly record struct Count(long ByClient, long ByServer)
    {
        public static Count operator -(Count later, Count earlier) => new(later.ByClient - earlier.ByClient, later.ByServer - earlier.ByServer);
    }

    /// <summary>The segments sent so far over all established connections to a server's port; null where the kernel does not tell.</summary>
    public static Count? Of(int port) => OfFamily(port, 2) is { } four && OfFamily(port, 10) is { } six
        ? new Count(four.ByClient + six.ByClient, four.ByServer + six.ByServer)
        : null;

    static Count? OfFamily(int port, byte family)
    {
        var handle = socket(Netlink, Raw, SockDiag);
        if (handle < 0)
            return null;
        try
        {
            Span<byte> request = stackalloc byte[Header + Request];
            request.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
            BinaryPrimitives.WriteInt16LittleEndian(request[4..], 20); // SOCK_DIAG_BY_FAMILY
            BinaryPrimitives.WriteInt16LittleEndian(request[6..], 0x301); // request, dump
            request[Header] = family; // AF_INET; a dual-mode socket (HttpClient's) counts as AF_INET6
            request[Header + 1] = 6; // TCP
            request[Header + 2] = 2; // with INET_DIAG_INFO
            BinaryPrimitives.WriteInt32LittleEndian(request[(Header + 4)..], 1 << 1); // established
            fixed (byte* bytes = request)
            {
                if (send(handle, bytes, request.Length, 0) != request.Length)
                    return null;
            }

            return Read(handle, port);
        }
        finally
        {
            _ = close(handle);
        }
    }

    static Count? Read(int handle, int port)
    {
        long client = 0, server = 0;
        var buffer = new byte[64 * 1024];
        while (true)
        {
            int received;
            fixed (byte* bytes = buffer)
                received = (int)recv(handle, bytes, buffer.Length, 0);
            if (received < 0 && Marshal.GetLastPInvokeError() == Interrupted)
                continue;
            if (received <= 0)
                return null;
            var rest = buffer.AsSpan(0, received);
            while (rest.Length >= Header)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                var type = BinaryPrimitives.ReadInt16LittleEndian(rest[4..]);
                if (type == 3) // done
                    return new Count(client, server);
                if (type != 20 || length > rest.Length)
                    return null;
                var message = rest[Header..length];
                var sourcePort = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
                var targetPort = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
                if (sourcePort == port)
                    server += DataSegmentsOut(message[Message..]);
                else if (targetPort == port)
                    client += DataSegmentsOut(message[Message..]);
                rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
            }
        }
    }

    static long DataSegmentsOut(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length)
                break;
            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) == 2 && length >= 4 + 160)
                return BinaryPrimitives.ReadUInt32LittleEndian(attributes[(4 + 156)..]); // tcp_info.tcpi_data_segs_out
            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return 0;
    }

    [LibraryImport("libc")]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    private static partial nint send(int handle, byte* bytes, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int handle, byte* bytes, nint length, int flags);

    [LibraryImport("libc")]
    private static partial int close(int handle);
}
