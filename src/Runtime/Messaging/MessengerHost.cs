using ButlerRpc.Platform;
using ButlerRpc.Sessions;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Messaging;

/// <summary>What the sessions of a messenger share.</summary>
sealed class MessengerHost<TMessage>(ButlerMessengerOptions options, ButlerPlatform platform, ILogger logger, Action changed)
    where TMessage : class
{
    public ButlerMessengerOptions Options => options;

    public ButlerPlatform Platform => platform;

    public ILogger Logger => logger;

    public MessengerCounters Counters { get; } = new();

    public MessengerHandler<TMessage>? Handler { get; set; }

    /// <summary>A session takes no more messages from here on.</summary>
    public void Changed() => changed();

    /// <summary>The time that a message has, in all; what is in it must be disposed.</summary>
    public MessengerTime TimeOf(CancellationToken cancellationToken) => new(options.RequestTimeout, platform.Time, cancellationToken);
}

/// <summary>The time of one message: its deadline and its caller's token.</summary>
sealed class MessengerTime : IDisposable
{
    readonly CancellationTokenSource? _deadline;
    readonly CancellationTokenSource _either;
    readonly CancellationToken _caller;
    readonly TimeSpan _timeout;

    public MessengerTime(TimeSpan timeout, TimeProvider time, CancellationToken caller)
    {
        _timeout = timeout;
        _caller = caller;
        _deadline = timeout == Timeout.InfiniteTimeSpan ? null : new CancellationTokenSource(timeout, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_deadline?.Token ?? default, caller);
    }

    /// <summary>Fires for either.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>What the caller is told when <see cref="Token"/> has fired.</summary>
    public Exception Over(string what, bool handedOver)
    {
        if (_caller.IsCancellationRequested)
            return new OperationCanceledException(_caller);
        var certainty = handedOver ? ButlerCertainty.Unknown : ButlerCertainty.NotExecuted;
        return new ButlerException(
            ButlerStatus.DeadlineExceeded,
            $"{what} within {_timeout.TotalSeconds:0.###} s ({nameof(ButlerMessengerOptions)}.{nameof(ButlerMessengerOptions.RequestTimeout)})", certainty, ButlerReason.Timeout);
    }

    public void Dispose()
    {
        _either.Dispose();
        _deadline?.Dispose();
    }
}
