using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Contracts.Tests;

/// <summary>Carries calls straight into a service table: what the compiler makes is tested without a session.</summary>
sealed class Loopback(ServiceTable table) : CallInvoker
{
    /// <summary>Proxy and implementation of a service, with bytes in between.</summary>
    public static T Serve<T>(T implementation)
        where T : class, IButlerContract<T> => new Loopback(new ServiceTable().Add(implementation)).Create<T>();

    /// <summary>The request's body of the last call.</summary>
    public byte[] LastRequest { get; set; } = [];

    /// <summary>Acts as a caller built before: leaves out that many of the last arguments, which must be short strings or small numbers.</summary>
    public int Shorten { get; init; }

    protected override void Start(ClientCall call)
    {
        using var request = new WriteBuffer();
        try
        {
            call.EncodeRequest(request);
        }
        catch (Exception e)
        {
            call.Fail(e);
            return;
        }

        LastRequest = WithoutLast(request.WrittenSpan);
        if (table.Find(call.Method.Code) is { } handler)
            handler.Invoke(new LoopbackCall(this, call, LastRequest));
        else
            call.Fail(new ButlerException(ButlerStatus.Unimplemented, $"nobody serves {call.Method}", ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod));
    }

    byte[] WithoutLast(ReadOnlySpan<byte> body)
    {
        if (Shorten == 0)
            return body.ToArray();
        var reader = new MessagePackReader(body);
        var left = reader.ReadArrayHeader() - Shorten;
        for (var i = 0; i < left; i++)
            reader.Skip();
        return [(byte)(0x90 | left), .. body[1..reader.Position]];
    }
}

sealed class LoopbackCall(Loopback invoker, ClientCall call, byte[] request) : ServerCall
{
    readonly WriteBuffer _reply = new();
    readonly CancellationToken _token = call.CancellationToken;
    readonly TimeSpan? _timeout = call.Timeout;

    public override ReadOnlySpan<byte> RequestBody => request;

    public override CallInvoker Peer => invoker;

    public override CancellationToken CancellationToken => _token;

    public override TimeSpan? RemainingTime => _timeout;

    public override Metadata? Metadata => null;

    public override Metadata ResponseMetadata { get; } = new();

    public override CallStreams? Streams => null;

    public override void EndStream() => throw new NotSupportedException("streams need a session");

    public override void Suspend()
    {
    }

    public override WriteBuffer BeginReply(bool inPlace) => _reply;

    public override bool EndReply()
    {
        call.Complete(_reply.WrittenSpan);
        return true;
    }

    public override void AbortReply() => _reply.Reset();

    public override void Fail(Exception failure, bool executed) => call.Fail(failure);

    // A carrier would not answer; the caller's task ends when the message has been queued.
    public override void Finish() => call.Complete([0xC0]);
}
