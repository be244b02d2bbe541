using ButlerRpc.Platform;

namespace ButlerRpc.Testing;

/// <summary>How many bytes a receive gives of those that are there.</summary>
public enum SimChunks
{
    /// <summary>The seed decides: 1 to all. The default.</summary>
    Random,

    /// <summary>All that fit.</summary>
    Whole,

    /// <summary>One by one.</summary>
    SingleBytes,
}

/// <summary>What a listener does with those who dial it.</summary>
public enum SimDials
{
    /// <summary>Lets them in.</summary>
    Accept,

    /// <summary>Refuses them at once.</summary>
    Refuse,

    /// <summary>Never answers.</summary>
    Hang,
}

/// <summary>
/// A network in memory whose every liberty is taken by the seed: how many bytes a receive gives, in which order deliveries happen, whether an operation
/// completes at once or later. On top of that the faults a test asks for, per listener (<see cref="At"/>) or per link (<see cref="OnLink"/>).
/// </summary>
public sealed class SimNetwork
{
    readonly Dictionary<string, SimListener> _listeners = [];
    readonly Dictionary<string, SimPlace> _places = [];
    int _nextPort = 40_000;

    internal SimNetwork(SimScheduler scheduler, VirtualTime time, SimRandom random, SimNames names)
    {
        Scheduler = scheduler;
        Time = time;
        Random = random;
        Names = names;
        scheduler.OnDump(Describe);
    }

    /// <summary>The time a delivery takes at least. Default: none.</summary>
    public TimeSpan LatencyMin { get; set; }

    /// <summary>The time a delivery takes at most. Default: none.</summary>
    public TimeSpan LatencyMax { get; set; }

    /// <summary>How many bytes a receive gives. Default: the seed decides.</summary>
    public SimChunks Chunks { get; set; }

    /// <summary>The bytes that one direction takes before sends have to wait for the reader. Default 64 KiB.</summary>
    public int BufferBytes { get; set; } = 65_536;

    /// <summary>The share of operations that complete at once when they can. Default one half.</summary>
    public double AtOnce { get; set; } = 0.5;

    /// <summary>The share of aborts in which bytes still on their way are lost. Default one half.</summary>
    public double AbortLoses { get; set; } = 0.5;

    /// <summary>True (the default): every pipe keeps the bytes that were sent through it.</summary>
    public bool Records { get; set; } = true;

    /// <summary>The address that dials come from.</summary>
    public string DialFrom { get; set; } = "10.0.0.1";

    /// <summary>Shown every new link before anything is sent on it.</summary>
    public Action<SimLink>? OnLink { get; set; }

    /// <summary>All links ever made.</summary>
    public List<SimLink> Links { get; } = [];

    /// <summary>The connections that have not been disposed.</summary>
    public int OpenConnections => Links.Sum(l => (l.Client.IsDisposed ? 0 : 1) + (l.Server.IsDisposed ? 0 : 1));

    internal SimScheduler Scheduler { get; }

    internal VirtualTime Time { get; }

    internal SimRandom Random { get; }

    internal SimNames Names { get; }

    /// <summary>The faults of one listening place.</summary>
    public SimPlace At(string endpoint) => PlaceOf(Keys(ButlerEndpoint.Parse(endpoint))[0]);

    internal bool CompletesAtOnce() => Random.Chance(AtOnce);

    internal async ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, CancellationToken cancellationToken)
    {
        Scheduler.AssertInside("SimTransport.DialAsync");
        if (!CompletesAtOnce())
            await PauseAsync();
        foreach (var key in Keys(endpoint))
        {
            var place = PlaceOf(key);
            place.Dials++;
            if (place.Policy == SimDials.Hang || place.IsPartitioned)
                await HangAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (place.Policy == SimDials.Accept && (Listening(key)) is { HasRoom: true } listener)
            {
                var link = new SimLink(this, endpoint, place, Links.Count);
                Links.Add(link);
                OnLink?.Invoke(link);
                listener.Offer(link.Server);
                return link.Client;
            }
        }

        throw new IOException($"{endpoint} refused the connection");
    }

    internal ConnectionListener Listen(ButlerEndpoint endpoint)
    {
        Scheduler.AssertInside("SimTransport.ListenAsync");
        if (endpoint.Scheme is not ("mem" or "unix") && endpoint.Port == 0)
            endpoint = endpoint with { Port = _nextPort++ };
        var key = Keys(endpoint)[0];
        if (_listeners.ContainsKey(key))
            throw new IOException($"cannot listen on {endpoint}: it is in use");
        var listener = new SimListener(this, endpoint, PlaceOf(key), () => _listeners.Remove(key));
        _listeners.Add(key, listener);
        return listener;
    }

    // Waits for nothing but its turn.
    internal Task PauseAsync()
    {
        var pause = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Scheduler.Post(pause.SetResult);
        return pause.Task;
    }

    static async Task HangAsync(CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetCanceled(), never))
            await never.Task;
    }

    SimListener? Listening(string key)
    {
        if (_listeners.TryGetValue(key, out var listener))
            return listener;
        var port = key[(key.LastIndexOf(':') + 1)..];
        return _listeners.GetValueOrDefault($"0.0.0.0:{port}") ?? _listeners.GetValueOrDefault($"*:{port}");
    }

    SimPlace PlaceOf(string key)
    {
        if (!_places.TryGetValue(key, out var place))
            _places.Add(key, place = new SimPlace(this));
        return place;
    }

    // Where an endpoint leads: one place per address of its host.
    List<string> Keys(ButlerEndpoint endpoint) => endpoint.Scheme switch
    {
        "mem" => ["mem:" + endpoint.Host],
        "unix" => ["unix:" + endpoint.Path],
        _ when endpoint.Host is "*" => [$"*:{endpoint.Port}"],
        _ => [.. Names.ResolveAsync(endpoint.Host, default).AsTask().GetAwaiter().GetResult().Select(a => $"{a}:{endpoint.Port}")],
    };

    string Describe() => string.Join("\n", Links.Where(l => !l.Client.IsDisposed || !l.Server.IsDisposed).Select(l => l.ToString()));
}

/// <summary>What happens at one listening place.</summary>
public sealed class SimPlace
{
    readonly SimNetwork _network;

    internal SimPlace(SimNetwork network) => _network = network;

    /// <summary>What those who dial meet.</summary>
    public SimDials Policy { get; set; }

    /// <summary>How often it was dialled.</summary>
    public int Dials { get; internal set; }

    /// <summary>So many accepts fail from now on, as they do when a process has no descriptors left.</summary>
    public int FailAccepts { get; set; }

    /// <summary>True between <see cref="Partition"/> and <see cref="Heal"/>.</summary>
    public bool IsPartitioned { get; private set; }

    /// <summary>Nothing gets through any more, in either direction, and nobody is told.</summary>
    public void Partition()
    {
        IsPartitioned = true;
        foreach (var link in _network.Links.Where(l => l.Place == this))
            link.Stall();
    }

    /// <summary>Everything gets through again, what was sent in between first.</summary>
    public void Heal()
    {
        IsPartitioned = false;
        foreach (var link in _network.Links.Where(l => l.Place == this))
            link.Resume();
    }
}

/// <summary>Reaches the simulated network. Serves every scheme whose bytes are plain, so that any endpoint string works in a test.</summary>
public sealed class SimTransport : ITransport
{
    readonly SimNetwork _network;

    internal SimTransport(SimNetwork network) => _network = network;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["mem", "tcp", "unix", "iproto", "butler"];

    /// <inheritdoc/>
    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) =>
        _network.DialAsync(endpoint, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        try
        {
            return new(_network.Listen(endpoint));
        }
        catch (IOException e)
        {
            return ValueTask.FromException<ConnectionListener>(e);
        }
    }
}

sealed class SimListener(SimNetwork network, ButlerEndpoint endpoint, SimPlace place, Action remove) : ConnectionListener
{
    const int Backlog = 512;
    readonly Queue<SimConnection> _offered = [];
    TaskCompletionSource<Connection?>? _accept;
    bool _closed;

    public override ButlerEndpoint Endpoint => endpoint;

    public bool HasRoom => _offered.Count < Backlog;

    public void Offer(SimConnection connection)
    {
        _offered.Enqueue(connection);
        Serve();
    }

    public override ValueTask<Connection?> AcceptAsync()
    {
        network.Scheduler.AssertInside("ConnectionListener.AcceptAsync");
        if (_accept is not null)
            throw new InvalidOperationException("an accept is pending already");
        _accept = new TaskCompletionSource<Connection?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepted = new ValueTask<Connection?>(_accept.Task);
        Serve();
        return accepted;
    }

    public override ValueTask DisposeAsync()
    {
        network.Scheduler.AssertInside("ConnectionListener.DisposeAsync");
        if (_closed)
            return default;
        _closed = true;
        remove();
        foreach (var connection in _offered)
            connection.Abort();
        _offered.Clear();
        Serve();
        return default;
    }

    void Serve()
    {
        if (_accept is not { } accept)
            return;
        if (_closed)
        {
            _accept = null;
            accept.SetResult(null);
        }
        else if (_offered.Count > 0 && place.FailAccepts > 0)
        {
            place.FailAccepts--;
            _accept = null;
            accept.SetException(new IOException($"{endpoint} could not accept a connection: too many open files (simulated)"));
        }
        else if (_offered.TryDequeue(out var connection))
        {
            _accept = null;
            accept.SetResult(connection);
        }
    }
}
