using ButlerRpc.Broker;
using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Diagnostics;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using ButlerRpc.Transport;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Connecting;

/// <summary>
/// Keeps one connection to one node of a cluster for as long as it lives. The recovery that RabbitMQ's client has of its own is off: it would bring queues and
/// consumers back without telling which calls were cut, and it dials at a fixed pace.
/// </summary>
abstract class AmqpLink : BrokerLink
{
    readonly Lock _gate = new();
    readonly CancellationTokenSource _stopping = new();
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly AmqpDialler _dialler;
    readonly AmqpEndpoints _endpoints;
    readonly BrokerRole _role;
    readonly Changes _changes;
    Exception? _lastFailure; // of all nodes, one after the other
    bool _isReady;
    bool _started;
    bool _disposed;

    protected AmqpLink(AmqpEndpoints endpoints, BrokerConnectionOptions options, RabbitMqOptions rabbit, BrokerRole role)
    {
        Options = options;
        Rabbit = rabbit;
        _endpoints = endpoints;
        _role = role;
        Platform = options.Client.Platform ?? StandardPlatform.Shared;
        _changes = new Changes(Platform.Scheduler);
        Logger = GuardedLogger.Of(options.Client.LoggerFactory, "ButlerRpc.RabbitMq");
        Host = new SessionHost(Platform, options.Client.Limits, Logger) { DefaultTimeout = options.Client.CallTimeout, NoticeTimeout = options.Client.CallTimeout };
        Topology = new Wire.Topology(endpoints.Channel, rabbit);
        _dialler = new AmqpDialler(options.Client, rabbit, $"ButlerRpc {(role == BrokerRole.Consumer ? "consumer" : "provider")} of {endpoints.Channel}");
    }

    protected BrokerConnectionOptions Options { get; }

    protected RabbitMqOptions Rabbit { get; }

    protected Wire.Topology Topology { get; }

    protected SessionHost Host { get; }

    public ButlerPlatform Platform { get; }

    public ILogger Logger { get; }

    protected Guid Channel => _endpoints.Channel;

    protected CancellationToken Stopping => _stopping.Token;

    /// <summary>Declares, binds and consumes on a new connection.</summary>
    protected abstract Task<AmqpLine> EnterAsync(IConnection connection, string node, CancellationToken cancellationToken);

    /// <summary>The line is there and can be used.</summary>
    protected abstract void OnReady(AmqpLine line);

    /// <summary>The line has gone. Called once for each that was ready.</summary>
    protected abstract void OnLost(AmqpLine line, string why);

    /// <summary>No node could be reached.</summary>
    protected virtual void OnUnreachable()
    {
    }

    /// <summary>It is being disposed: takes nothing new, and waits for what is under way, as long as it may take. The connection is still there.</summary>
    protected abstract Task DrainAsync();

    public override void Admit(string service, IReadOnlyList<Method> methods, Type? callback) => Carriage.Admit(service, methods, callback);

    /// <summary>Connects, or fails when no node could be reached.</summary>
    public Task ConnectAsync(CancellationToken cancellationToken) => BecomeReadyAsync(orFail: true, cancellationToken);

    public override async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        await Platform.Scheduler.SwitchTo();
        await BecomeReadyAsync(orFail: false, cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await Platform.Scheduler.SwitchTo();
        bool isFirst, runs;
        lock (_gate)
        {
            (isFirst, runs) = (!_disposed, _started);
            _disposed = true;
        }

        if (!isFirst)
        {
            await _ended.Task;
            return;
        }

        await DrainAsync();
        _stopping.Cancel();
        _changes.Happened();
        if (runs)
            await _ended.Task;
        else
            _ended.TrySetResult();
        Host.Clock.Dispose();
        Host.Batches.Dispose();
    }

    async Task BecomeReadyAsync(bool orFail, CancellationToken cancellationToken)
    {
        while (true)
        {
            Signal changed;
            var isFirst = false;
            lock (_gate)
            {
                if (_disposed)
                    throw Stopped();
                if (_isReady)
                    return;
                if (orFail && _lastFailure is { } failure)
                    throw Unreachable(failure);
                changed = _changes.Next();
                if (!_started)
                    isFirst = _started = true;
            }

            if (isFirst)
                Platform.Scheduler.Start(KeepAsync);
            await _changes.WaitAsync(changed, cancellationToken);
        }
    }

    protected static ButlerException Stopped() => Errors.Dropped("the client was disposed", handedOver: false, ButlerReason.Stopped);

    static ButlerException Unreachable(Exception failure) => IsRefusal(failure)
        ? new ButlerException(ButlerStatus.Unauthenticated, $"RabbitMQ does not let this user in: {Reasons.Of(failure)}", ButlerCertainty.NotExecuted, ButlerReason.Unauthenticated, failure)
        : new ButlerException(ButlerStatus.Unavailable, Reasons.Of(failure), ButlerCertainty.NotExecuted, ButlerReason.NoSession, failure);

    static bool IsRefusal(Exception? failure) => failure is PossibleAuthenticationFailureException || (failure?.InnerException is { } inner && IsRefusal(inner))
        || (failure is AggregateException several && several.InnerExceptions.Any(IsRefusal));

    /// <summary>Why calls that wait for a connection do not get one; empty: nothing is known.</summary>
    protected string LastFailure
    {
        get
        {
            lock (_gate)
                return _lastFailure is { } failure ? $"; the last attempt said: {Reasons.Of(failure)}" : "";
        }
    }

    protected string Targets => string.Join(", ", _endpoints.Nodes.Select(AmqpEndpoints.Shown));

    async Task KeepAsync()
    {
        var backoff = new Backoff(Options.Client.ShortestBackoff, Options.Client.LongestBackoff, Platform.Random);
        var next = (int)(Platform.Random.NextDouble() * _endpoints.Nodes.Count); // many clients do not all go to the first
        var failedInARow = 0;
        while (!_stopping.IsCancellationRequested)
        {
            var node = _endpoints.Nodes[next++ % _endpoints.Nodes.Count];
            var begun = Platform.Milliseconds;
            var failure = await LiveAsync(node);
            if (failure is null)
            {
                if (Platform.Milliseconds - begun >= Options.Client.HealthyAfter.TotalMilliseconds)
                    backoff.Reset();
                failedInARow = 0;
            }
            else if (++failedInARow >= _endpoints.Nodes.Count)
            {
                failedInARow = 0;
                lock (_gate)
                    _lastFailure = failure;
                OnUnreachable();
                _changes.Happened();
            }
            else
            {
                continue; // the next node at once
            }

            backoff.Failed();
            try
            {
                await Task.Delay(backoff.Next(), Platform.Time, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                // It stops.
            }
        }

        _ended.TrySetResult();
    }

    // One connection from its beginning to its end. Returns why it could not begin; null: it did.
    async Task<Exception?> LiveAsync(Uri node)
    {
        var name = AmqpEndpoints.Shown(node);
        AmqpLine? line = null;
        IConnection? connection = null;
        try
        {
            connection = await _dialler.DialAsync(node, Platform, _stopping.Token);
            line = await EnterAsync(connection, name, _stopping.Token);
        }
        catch (Exception e)
        {
            if (connection is not null)
                await CloseAsync(connection);
            if (!_stopping.IsCancellationRequested)
                RabbitMqLog.ConnectFailed(Logger, name, _role, Channel, Reasons.Of(e));
            return e;
        }

        lock (_gate)
        {
            _isReady = true;
            _lastFailure = null;
        }

        RabbitMqLog.Connected(Logger, name, _role, Channel);
        OnReady(line);
        _changes.Happened();
        var why = await line.WaitUntilLostAsync(_stopping.Token);
        lock (_gate)
            _isReady = false;
        OnLost(line, why);
        if (!_stopping.IsCancellationRequested)
            RabbitMqLog.ConnectionEnded(Logger, name, _role, Channel, why);
        await CloseAsync(connection);
        return null;
    }

    async Task CloseAsync(IConnection connection)
    {
        try
        {
            await connection.CloseAsync(200, "goodbye", Options.Client.DialTimeout, abort: true);
            await connection.DisposeAsync();
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            // It was broken; there is nothing left to close.
        }
    }
}
