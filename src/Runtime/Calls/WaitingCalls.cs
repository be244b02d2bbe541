namespace ButlerRpc.Calls;

/// <summary>A call's place in the queue of its carrier. It stays with the object, since the same ones wait again; most never do.</summary>
sealed class WaitingPlace(ClientCall call)
{
    public LinkedListNode<ClientCall> Node { get; } = new(call);

    /// <summary>When it waits no longer, in the platform's milliseconds, where that is not its deadline alone.</summary>
    public long GiveUp { get; set; }
}

/// <summary>Queues of calls. One that is cancelled is found at once, however many wait: a token that many of them share would else look at all for each of them.</summary>
static class WaitingCalls
{
    /// <summary>Puts the call behind all others.</summary>
    public static void Enter(this LinkedList<ClientCall> waiting, ClientCall call) => waiting.AddLast((call.Place ??= new WaitingPlace(call)).Node);

    /// <summary>Takes the call out, wherever it stands. False: it is not there.</summary>
    public static bool Leave(this LinkedList<ClientCall> waiting, ClientCall call)
    {
        if (call.Place is not { } place || place.Node.List != waiting)
            return false;
        waiting.Remove(place.Node);
        return true;
    }
}
