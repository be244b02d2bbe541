using ButlerRpc.Framing;

namespace ButlerRpc.Broker.Channels;

// The contract check between many and many. Both sides announce the shapes of their methods; a call goes to a provider whose shape is the consumer's, or one that
// the consumer has judged and accepted. A consumer that finds no such provider is shown the shape of one that differs, and its call is refused as the provider
// would refuse it: it judges, accepts and calls again by itself, or fails naming what has moved.
sealed partial class Channel
{
    Dictionary<uint, ulong> _firstShapes = [];
    bool _mayDiffer;

    /// <summary>Somebody has announced the shape of a method.</summary>
    public void OnAnnounced(uint method, ulong hash)
    {
        if (_mayDiffer)
            return;
        _mayDiffer = (!_firstShapes.TryAdd(method, hash) && _firstShapes[method] != hash) || _firstShapes.Count > ShapeLimit.MostMethods;
        if (_mayDiffer)
            _firstShapes = []; // from now on each call is compared, and what came first says nothing more
    }

    /// <summary>A provider has said how a method looks on its side.</summary>
    public void OnSchema(IProviderEnd provider, uint method, ReadOnlySpan<byte> payload)
    {
        foreach (var consumer in provider.Shapes!.Answer(method, payload))
            consumer.Show(method, provider.Shapes.HashOf(method), payload);
    }

    bool Fits(IProviderEnd provider, RelayedCall call) =>
        !_mayDiffer || call.Consumer?.Shapes is not { } wanted || provider.Shapes is not { } offered || wanted.Accepts(call.Method, offered.HashOf(call.Method));

    void FailForShape(RelayedCall call, IProviderEnd provider)
    {
        var wanted = call.Consumer!.Shapes!;
        if (provider.Shapes!.Schema(call.Method) is { } known)
            wanted.Show(call.Method, provider.Shapes.HashOf(call.Method), known);
        else if (provider.Shapes.Wait(call.Method, wanted))
            provider.Ask(wanted.ServiceOf(call.Method), call.Method, wanted.HashOf(call.Method));
        Fail(call, ButlerStatus.FailedPrecondition, ButlerReason.ContractMismatch, "the providers have another shape of the method, which the caller has not accepted");
    }
}

/// <summary>What a consumer has announced, and what it has accepted.</summary>
/// <param name="send">Sends it a SCHEMA.</param>
sealed class ConsumerShapes(SchemaSender send)
{
    readonly Dictionary<uint, (string Service, ulong Hash)> _announced = [];
    readonly Dictionary<uint, ulong> _shown = [];
    readonly HashSet<(uint Method, ulong Hash)> _accepted = [];

    public void Announce(string service, uint method, ulong hash)
    {
        _announced[method] = (service, hash);
        ShapeLimit.Check(_announced.Count);
    }

    public ulong HashOf(uint method) => _announced.TryGetValue(method, out var known) ? known.Hash : 0;

    public string ServiceOf(uint method) => _announced.TryGetValue(method, out var known) ? known.Service : "";

    /// <summary>True when nothing speaks against it, or what does was accepted. 0: not announced.</summary>
    public bool Accepts(uint method, ulong offered) =>
        offered == 0 || !_announced.TryGetValue(method, out var own) || own.Hash == offered || _accepted.Contains((method, offered));

    /// <summary>It is shown how the method looks elsewhere; once.</summary>
    public void Show(uint method, ulong hash, ReadOnlySpan<byte> schema)
    {
        if (_shown.TryGetValue(method, out var shown) && shown == hash)
            return;
        _shown[method] = hash;
        send(schema);
    }

    /// <summary>It accepts what it was shown.</summary>
    public void Accept(uint method)
    {
        if (_shown.TryGetValue(method, out var hash))
            _accepted.Add((method, hash));
    }
}

static class ShapeLimit
{
    public const int MostMethods = 10_000;

    /// <summary>Throws when one peer announces more methods than any service has.</summary>
    public static void Check(int methods)
    {
        if (methods > MostMethods)
            throw new ProtocolViolationException($"the peer announces more than {MostMethods} methods");
    }
}

/// <summary>Sends a SCHEMA with this payload.</summary>
delegate void SchemaSender(ReadOnlySpan<byte> payload);

/// <summary>What a provider has announced, and how that looks.</summary>
sealed class ProviderShapes
{
    readonly Dictionary<uint, ulong> _announced = [];
    readonly Dictionary<uint, byte[]> _schemas = [];
    readonly Dictionary<uint, HashSet<ConsumerShapes>> _waiting = [];

    public void Announce(uint method, ulong hash)
    {
        _announced[method] = hash;
        _schemas.Remove(method);
        ShapeLimit.Check(_announced.Count);
    }

    public ulong HashOf(uint method) => _announced.GetValueOrDefault(method);

    public byte[]? Schema(uint method) => _schemas.GetValueOrDefault(method);

    /// <summary>A consumer waits to be shown the method. True for the first: the provider has to be asked.</summary>
    public bool Wait(uint method, ConsumerShapes consumer)
    {
        if (_waiting.TryGetValue(method, out var waiting))
        {
            waiting.Add(consumer);
            return false;
        }

        _waiting.Add(method, [consumer]);
        return true;
    }

    public IReadOnlyCollection<ConsumerShapes> Answer(uint method, ReadOnlySpan<byte> payload)
    {
        if (!_waiting.Remove(method, out var waiting))
            throw new ProtocolViolationException("a SCHEMA that was not asked for");
        _schemas[method] = payload.ToArray();
        return waiting;
    }
}
