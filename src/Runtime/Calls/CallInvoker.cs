using System.Runtime.CompilerServices;
using ButlerRpc.Diagnostics;

namespace ButlerRpc.Calls;

/// <summary>
/// What a generated proxy talks to, and all that it knows. A client, a session's peer, a broker's consumer and a RabbitMQ consumer implement it, so the
/// same interface runs over each of them.
/// </summary>
public abstract class CallInvoker
{
    /// <summary>Options and interceptors in front of every call; null: none.</summary>
    internal ClientPipeline? Pipeline { get; private protected set; }

    /// <summary>A proxy of a service; cheap, keep it or make a new one.</summary>
    /// <exception cref="NotSupportedException">What carries the calls cannot carry one of the service's methods; the message names it.</exception>
    public T Create<T>()
        where T : class, IButlerContract<T>
    {
        var contract = T.Contract;
        Admit(contract.Name, contract.Methods, contract.Callback);
        Announce(contract.Name, contract.Methods);
        return contract.CreateProxy(this);
    }

    /// <summary>Calls a unary method.</summary>
    /// <returns>A task to be awaited once.</returns>
    /// <exception cref="ButlerException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The context's token was cancelled.</exception>
    public ValueTask<TResponse> CallAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, in TRequest request, CallContext context = default)
    {
        if (Pipeline is { } pipeline)
            return Intercept(pipeline, method, in request, context);
        return Carry(method, in request, context);
    }

    /// <summary>Calls a unary method that has no result.</summary>
    /// <inheritdoc cref="CallAsync{TRequest, TResponse}(Method{TRequest, TResponse}, in TRequest, CallContext)"/>
    public ValueTask InvokeAsync<TRequest>(Method<TRequest, Unit> method, in TRequest request, CallContext context = default)
    {
        if (Pipeline is { } pipeline)
            return new ValueTask(Intercept(pipeline, method, in request, context).AsTask());
        var call = Begin(method, in request, context);
        return new ValueTask(call, call.Version);
    }

    /// <summary>Sends a one-way message. The task ends when the message has been queued on a session; there is no answer.</summary>
    /// <inheritdoc cref="CallAsync{TRequest, TResponse}(Method{TRequest, TResponse}, in TRequest, CallContext)"/>
    public ValueTask SendAsync<TRequest>(Method<TRequest, Unit> method, in TRequest request, CallContext context = default) =>
        InvokeAsync(method, in request, context);

    /// <summary>Calls by code with bytes: no contract, no codec. What the code means and what the bytes are is the two ends' business.</summary>
    /// <param name="code">The code; one that a service of the other side has calls that method, and the bytes are then its encoded request.</param>
    /// <param name="body">The bytes, which must not change until the call has ended.</param>
    /// <param name="context">Options and token.</param>
    /// <returns>The bytes of the reply.</returns>
    /// <exception cref="ButlerException">The call failed.</exception>
    public ValueTask<byte[]> CallAsync(uint code, ReadOnlyMemory<byte> body, CallContext context = default) => CallAsync(UntypedMethods.Call(code), in body, context);

    /// <summary>Sends bytes by code. The task ends when they are queued on a session; there is no answer.</summary>
    /// <inheritdoc cref="CallAsync(uint, ReadOnlyMemory{byte}, CallContext)"/>
    public ValueTask NotifyAsync(uint code, ReadOnlyMemory<byte> body, CallContext context = default) => SendAsync(UntypedMethods.Notice(code), in body, context);

    /// <summary>Sends a one-way message for a method that returns void. What fails at once is thrown; a later failure has nobody left to tell.</summary>
    /// <inheritdoc cref="SendAsync{TRequest}(Method{TRequest, Unit}, in TRequest, CallContext)"/>
    public void Post<TRequest>(Method<TRequest, Unit> method, in TRequest request, CallContext context = default)
    {
        var sending = SendAsync(method, in request, context).GetAwaiter();
        if (sending.IsCompleted)
            sending.GetResult();
        else
            sending.UnsafeOnCompleted(new Posted(sending).End);
    }

    /// <summary>Calls a method that takes streams and returns one result.</summary>
    /// <inheritdoc cref="CallAsync{TRequest, TResponse}(Method{TRequest, TResponse}, in TRequest, CallContext)"/>
    public ValueTask<TResponse> CallAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, in TRequest request, ReadOnlySpan<OutgoingStream> streams, CallContext context)
    {
        ArgumentNullException.ThrowIfNull(method);
        var outgoing = streams.ToArray();
        return Pipeline is { } pipeline
            ? pipeline.InvokeAsync(method, request, context, (last, options) => Upload(method, in last, outgoing, options))
            : Upload(method, in request, outgoing, context);
    }

    /// <summary>Calls a method that returns a stream, and may take streams. Each enumeration of the result makes the call.</summary>
    /// <inheritdoc cref="CallAsync{TRequest, TResponse}(Method{TRequest, TResponse}, in TRequest, CallContext)"/>
    public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        Method<TRequest, TItem> method, in TRequest request, ReadOnlySpan<OutgoingStream> streams, CallContext context)
    {
        ArgumentNullException.ThrowIfNull(method);
        var outgoing = streams.ToArray();
        return Pipeline is { } pipeline
            ? pipeline.StreamAsync(method, request, context, (last, options) => new StreamResult<TRequest, TItem>(this, method, last, outgoing, options))
            : new StreamResult<TRequest, TItem>(this, method, request, outgoing, context);
    }

    /// <summary>A proxy of the service is about to be made: throws when the carrier cannot carry one of its methods, or its callback (null: it has none). Default: it can.</summary>
    /// <exception cref="NotSupportedException">It cannot; the message names the method.</exception>
    protected internal virtual void Admit(string service, IReadOnlyList<Method> methods, Type? callback)
    {
    }

    /// <summary>Methods of the service are about to be called: a carrier may compare their shapes with the other side's.</summary>
    protected internal virtual void Announce(string service, IReadOnlyList<Method> methods)
    {
    }

    /// <summary>Takes a call over. Never throws and never blocks: whatever happens ends the call.</summary>
    protected internal abstract void Start(ClientCall call);

    // Apart: a lambda that captures a parameter allocates where the method begins, and the way without interceptors must not.
    ValueTask<TResponse> Intercept<TRequest, TResponse>(
        ClientPipeline pipeline, Method<TRequest, TResponse> method, in TRequest request, CallContext context) =>
        pipeline.InvokeAsync(method, request, context, (last, options) => Carry(method, in last, options));

    ValueTask<TResponse> Carry<TRequest, TResponse>(Method<TRequest, TResponse> method, in TRequest request, CallContext context)
    {
        var call = Begin(method, in request, context);
        return new ValueTask<TResponse>(call, call.Version);
    }

    ValueTask<TResponse> Upload<TRequest, TResponse>(Method<TRequest, TResponse> method, in TRequest request, OutgoingStream[] streams, CallContext context)
    {
        var call = new StreamUploadCall<TRequest, TResponse>(method, in request, streams, context);
        Launch(call, in context);
        call.Leave();
        return new ValueTask<TResponse>(call.Task);
    }

    UnaryCall<TRequest, TResponse> Begin<TRequest, TResponse>(Method<TRequest, TResponse> method, in TRequest request, CallContext context)
    {
        var call = UnaryCall<TRequest, TResponse>.Rent(method, in request, context);
        Launch(call, in context);
        return call;
    }

    /// <summary>
    /// Starts a call that was made of the context, watched if anybody wants to know of it. An activity that others have begun is not looked for where nobody
    /// listens to the library: to ask every call for it costs 5 ns, all else together 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Launch(ClientCall call, in CallContext context)
    {
        if (Telemetry.WatchesCalls || context.IsServing)
            CallObservation.Begin(call, in context, Time);
        if (call.TryCancelBeforeStart())
            return;
        Start(call);
        call.AfterStart();
    }

    /// <summary>What carries its calls: itself, or what it is the application's face of.</summary>
    internal virtual CallInvoker Carrier => this;

    /// <summary>The clock that calls are measured with.</summary>
    internal virtual TimeProvider Time => Platform.SystemPlatform.Clock;

    /// <summary>Ends a message that nobody awaits, so that its pooled call goes back.</summary>
    sealed class Posted(ValueTaskAwaiter sending)
    {
        public void End()
        {
            try
            {
                sending.GetResult();
            }
            catch (Exception)
            {
                // The method returns void: its caller asked not to be told, not even what the codec of a message that had to wait has thrown. The carrier has counted it.
            }
        }
    }
}
