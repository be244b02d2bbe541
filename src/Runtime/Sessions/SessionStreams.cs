using ButlerRpc.Calls;

namespace ButlerRpc.Sessions;

/// <summary>The streams of one call: for its caller the result comes and the parameters go, for its callee the other way round.</summary>
sealed class SessionStreams : CallStreams
{
    readonly InboundStream?[] _readers;
    readonly OutboundStream?[] _writers;

    public SessionStreams(Session session, Method method, uint call, ItemQueue? result, bool isCaller)
    {
        Method = method;
        var hasResult = method.Shape is MethodShape.ServerStream or MethodShape.Duplex;
        _readers = new InboundStream?[method.Streams.Count + 1];
        _writers = new OutboundStream?[method.Streams.Count + 1];
        if (hasResult && isCaller)
            _readers[0] = new InboundStream(session, call, 0, result!);
        else if (hasResult)
            _writers[0] = new OutboundStream(session, call, 0);
        for (var number = 1; number <= method.Streams.Count; number++)
        {
            if (isCaller)
                _writers[number] = new OutboundStream(session, call, (uint)number);
            else
                _readers[number] = new InboundStream(session, call, (uint)number, new ItemQueue());
        }
    }

    public Method Method { get; }

    /// <summary>As caller: the first item of the result has come. Under the session's gate.</summary>
    public bool HasAnswered { get; set; }

    /// <summary>As callee: an item of the result has been sent. Under the session's gate.</summary>
    public bool HasGiven => _writers[0] is { HasWritten: true };

    /// <summary>All that goes has gone, or nobody wants it. Under the session's gate.</summary>
    public bool IsSent
    {
        get
        {
            foreach (var writer in _writers)
            {
                if (writer is { IsClosed: false })
                    return false;
            }

            return true;
        }
    }

    public InboundStream? FindReader(uint number) => number < (uint)_readers.Length ? _readers[number] : null;

    public OutboundStream? FindWriter(uint number) => number < (uint)_writers.Length ? _writers[number] : null;

    public override ItemQueue Reader(int number) => _readers[number]!.Queue;

    public override ItemWriter Writer(int number) => _writers[number]!;

    /// <summary>The request is a large one, which what follows must not overtake. Under the session's gate.</summary>
    public void HoldBack()
    {
        foreach (var writer in _writers)
            writer?.HoldBack();
    }

    /// <summary>The request has left. Under the session's gate.</summary>
    public void LetGo(Platform.ButlerScheduler scheduler)
    {
        foreach (var writer in _writers)
        {
            if (writer is not null && writer.OnLargeSent())
                scheduler.Queue(writer);
        }
    }

    /// <summary>The call is over for the wire: nothing more comes, nothing more goes. Whoever waits is resumed on the scheduler.</summary>
    public void Close(Exception? failure)
    {
        foreach (var reader in _readers)
            reader?.Close(failure);
        foreach (var writer in _writers)
            writer?.Close();
    }
}
