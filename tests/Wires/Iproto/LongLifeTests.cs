using System.Buffers.Binary;
using ButlerRpc.Iproto;
using ButlerRpc.Platform;

namespace ButlerRpc.Wires.Tests.Iproto;

/// <summary>A connection does not die of the bytes that have passed.</summary>
public class LongLifeTests
{
    const int Body = 95_000_000;
    const int Packets = 46; // more than 4 GiB
    const uint Notice = 5;
    const uint Call = 6;

    [Test]
    public async Task More_than_4_GiB_pass_in_each_direction_and_the_connection_still_works()
    {
        var connection = new CountingConnection();
        await using var channel = IprotoChannel.Run(connection, accepted: false, options: new IprotoOptions { NoticeTimeout = TimeSpan.FromSeconds(30) });
        var body = new byte[Body];
        for (var i = 0; i < Packets; i++)
            await channel.NotifyAsync(Notice, body);
        // The reply comes behind as many bytes as were sent.
        var reply = await channel.CallAsync(Call, new byte[] { 1, 2, 3 }, new CallContext(new CallOptions { Timeout = TimeSpan.FromMinutes(2) }));
        Assert.That(reply, Is.EqualTo(new byte[] { 9 }));
        Assert.That((connection.Notices, connection.Broken), Is.EqualTo((Packets, false)));
        Assert.That(channel.Statistics.BytesSent, Is.GreaterThan(1L << 32));
        Assert.That(channel.Statistics.BytesReceived, Is.GreaterThan(1L << 32));
        Assert.That((channel.Statistics.UnknownPackets, channel.Statistics.PacketsReceived), Is.EqualTo(((long)Packets, Packets + 1L)));
    }

    /// <summary>
    /// A peer in memory that keeps nothing: it reads the headers of what is sent, and when a call has come it sends so many large packets and the reply. Their bodies are
    /// whatever stands in the receiver's buffer, so that no byte of them is written.
    /// </summary>
    sealed class CountingConnection : Connection
    {
        readonly Lock _gate = new();
        readonly TaskCompletionSource<uint> _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly byte[] _header = new byte[12];
        int _headerFilled;
        long _bodyLeft;
        int _sent;
        long _packetAt;
        byte[]? _packetHeader;

        public int Notices { get; private set; }

        public bool Broken { get; private set; }

        public override string LocalAddress => "here";

        public override string RemoteAddress => "there";

        public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
        {
            lock (_gate)
            {
                var span = bytes.Span;
                while (span.Length > 0)
                {
                    if (_bodyLeft > 0)
                    {
                        var part = (int)Math.Min(_bodyLeft, span.Length);
                        _bodyLeft -= part;
                        span = span[part..];
                        continue;
                    }

                    var take = Math.Min(12 - _headerFilled, span.Length);
                    span[..take].CopyTo(_header.AsSpan(_headerFilled));
                    _headerFilled += take;
                    span = span[take..];
                    if (_headerFilled == 12)
                        OnHeader();
                }
            }

            return default;
        }

        public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
        {
            if (await Task.WhenAny(_called.Task, _ended.Task) == _ended.Task)
                return 0;
            if (buffer.IsEmpty)
                return 0;
            if (_sent > Packets)
            {
                await _ended.Task;
                return 0;
            }

            _packetHeader ??= _sent < Packets ? Header(Notice, Body, 0) : [.. Header(Call, 1, await _called.Task), 9];
            var whole = _sent < Packets ? 12L + Body : 13;
            var count = (int)Math.Min(buffer.Length, whole - _packetAt);
            if (_packetAt < _packetHeader.Length)
            {
                var head = (int)Math.Min(count, _packetHeader.Length - _packetAt);
                _packetHeader.AsSpan((int)_packetAt, head).CopyTo(buffer.Span);
            }

            _packetAt += count;
            if (_packetAt == whole)
            {
                _sent++;
                _packetAt = 0;
                _packetHeader = null;
            }

            return count;
        }

        public override void CloseWrite()
        {
        }

        public override void Abort() => _ended.TrySetResult();

        public override ValueTask DisposeAsync()
        {
            Abort();
            return default;
        }

        void OnHeader()
        {
            _headerFilled = 0;
            var message = BinaryPrimitives.ReadUInt32LittleEndian(_header);
            _bodyLeft = BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(4));
            switch (message)
            {
                case Notice when _bodyLeft == Body:
                    Notices++;
                    break;
                case Call:
                    _called.TrySetResult(BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(8)));
                    break;
                case 0xFF01:
                    break;
                default:
                    Broken = true;
                    break;
            }
        }

        static byte[] Header(uint message, int length, uint sync)
        {
            var header = new byte[12];
            BinaryPrimitives.WriteUInt32LittleEndian(header, message);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), length);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), sync);
            return header;
        }
    }
}
