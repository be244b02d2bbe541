using System.Runtime.CompilerServices;
using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>Logs every call that a client makes: its method when it begins (Debug), its outcome when it fails (Information). Never a payload.</summary>
public sealed class ClientLoggingInterceptor(ILoggerFactory loggers) : ClientInterceptor
{
    readonly ILogger _logger = new GuardedLogger(loggers.CreateLogger("ButlerRpc.Calls"));

    /// <inheritdoc/>
    public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchAsync(_logger, method, request, context, next);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchStreamAsync(_logger, method, request, context, next);
    }
}

/// <summary>Logs every call that is served: its method when it begins (Debug), its outcome when it fails (Information). Never a payload.</summary>
public sealed class ServerLoggingInterceptor(ILoggerFactory loggers) : ServerInterceptor
{
    readonly ILogger _logger = new GuardedLogger(loggers.CreateLogger("ButlerRpc.Calls"));

    /// <inheritdoc/>
    public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchAsync(_logger, method, request, context, next);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchStreamAsync(_logger, method, request, context, next);
    }
}

static class CallLogging
{
    // The call is made here, behind the line that it begins, and where what it throws at once is seen too.
    public static async ValueTask<TResponse> WatchAsync<TRequest, TResponse>(
        ILogger logger, Method method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        Log.CallBegun(logger, method.FullName);
        try
        {
            return await next(request, context);
        }
        catch (Exception e)
        {
            Failed(logger, method, e);
            throw;
        }
    }

    public static async IAsyncEnumerable<TItem> WatchStreamAsync<TRequest, TItem>(
        ILogger logger, Method method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Log.CallBegun(logger, method.FullName);
        await using var enumerator = Begin(logger, method, () => next(request, context).GetAsyncEnumerator(cancellationToken));
        while (true)
        {
            try
            {
                if (!await enumerator.MoveNextAsync())
                    yield break;
            }
            catch (Exception e)
            {
                Failed(logger, method, e);
                throw;
            }

            yield return enumerator.Current;
        }
    }

    static IAsyncEnumerator<TItem> Begin<TItem>(ILogger logger, Method method, Func<IAsyncEnumerator<TItem>> begin)
    {
        try
        {
            return begin();
        }
        catch (Exception e)
        {
            Failed(logger, method, e);
            throw;
        }
    }

    static void Failed(ILogger logger, Method method, Exception failure)
    {
        var (status, certainty) = failure is ButlerException known ? (known.Status, known.Certainty)
            : failure is OperationCanceledException ? (ButlerStatus.Cancelled, ButlerCertainty.Unknown)
            : (ButlerStatus.Internal, ButlerCertainty.Unknown);
        Log.CallFailed(logger, method.FullName, status, certainty);
    }
}
