using System.Runtime.CompilerServices;
using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ButlerRpc;

/// <summary>Logs every call that a client makes: its method when it begins (Debug), its outcome when it fails (Information). Never a payload.</summary>
public sealed class ClientLoggingInterceptor(ILoggerFactory loggers) : ClientInterceptor
{
    readonly ILogger _logger = loggers.CreateLogger("ButlerRpc.Calls");

    /// <inheritdoc/>
    public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchAsync(_logger, method, next(request, context));
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchStreamAsync(_logger, method, next(request, context));
    }
}

/// <summary>Logs every call that is served: its method when it begins (Debug), its outcome when it fails (Information). Never a payload.</summary>
public sealed class ServerLoggingInterceptor(ILoggerFactory loggers) : ServerInterceptor
{
    readonly ILogger _logger = loggers.CreateLogger("ButlerRpc.Calls");

    /// <inheritdoc/>
    public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchAsync(_logger, method, next(request, context));
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next)
    {
        ArgumentNullException.ThrowIfNull(method);
        return CallLogging.WatchStreamAsync(_logger, method, next(request, context));
    }
}

static class CallLogging
{
    public static async ValueTask<TResponse> WatchAsync<TResponse>(ILogger logger, Method method, ValueTask<TResponse> call)
    {
        Log.CallBegun(logger, method.FullName);
        try
        {
            return await call;
        }
        catch (Exception e)
        {
            Failed(logger, method, e);
            throw;
        }
    }

    public static async IAsyncEnumerable<TItem> WatchStreamAsync<TItem>(
        ILogger logger, Method method, IAsyncEnumerable<TItem> items, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Log.CallBegun(logger, method.FullName);
        await using var enumerator = items.GetAsyncEnumerator(cancellationToken);
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

    static void Failed(ILogger logger, Method method, Exception failure)
    {
        var (status, certainty) = failure is ButlerException known ? (known.Status, known.Certainty)
            : failure is OperationCanceledException ? (ButlerStatus.Cancelled, ButlerCertainty.Unknown)
            : (ButlerStatus.Internal, ButlerCertainty.Unknown);
        Log.CallFailed(logger, method.FullName, status, certainty);
    }
}
