namespace ButlerRpc.Sessions;

/// <summary>
/// Where calls wait that may not all run at once: those of a method with MaxInFlight, or those of all ordered methods of a session, which run one at a time
/// in the order in which they came.
/// </summary>
sealed class CallLane(int limit)
{
    readonly Lock _gate = new();
    readonly Queue<(InboundCall Call, byte[] Request)> _waiting = new();
    int _running;

    /// <summary>Takes a place for the call. False: it waits, and has its own copy of the request.</summary>
    public bool TryEnter(InboundCall call, ReadOnlySpan<byte> request)
    {
        lock (_gate)
        {
            if (_running < limit)
            {
                _running++;
                return true;
            }

            _waiting.Enqueue((call, request.ToArray()));
            return false;
        }
    }

    /// <summary>A call has ended: the next may run in its place. Null: none waits.</summary>
    public IThreadPoolWorkItem? Leave()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
                return new Start(next.Call, next.Request);
            _running--;
            return null;
        }
    }

    sealed class Start(InboundCall call, byte[] request) : IThreadPoolWorkItem
    {
        public void Execute() => call.Serve(request, 0, request.Length, call.Now);
    }
}
