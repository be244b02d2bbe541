using System.Security.Claims;

namespace ButlerRpc.Calls;

/// <summary>What a server, or one end of a session, offers: the handlers of all its services by method code.</summary>
public sealed class ServiceTable
{
    readonly Lock _gate = new();
    readonly List<string> _services = [];
    readonly Dictionary<string, Type> _callbacks = new(StringComparer.Ordinal);
    volatile MethodMap _map = MethodMap.Empty;
    volatile ServerInterceptor[] _interceptors = [];
    volatile Dictionary<string, ButlerPolicy> _policies = new(StringComparer.Ordinal);
    volatile (Type Type, ButlerStatus Status)[] _mapped = [];
    volatile UntypedHandlers? _untyped;

    /// <summary>The full names of the services it offers.</summary>
    public IReadOnlyList<string> Services
    {
        get
        {
            lock (_gate)
                return [.. _services];
        }
    }

    /// <summary>Offers a service; one object serves all calls, several at a time. Added again, a service is served by the last one.</summary>
    /// <exception cref="ArgumentException">A method's code is taken by another service; the message names both.</exception>
    public ServiceTable Add<T>(T implementation)
        where T : class, IButlerContract<T>
    {
        ArgumentNullException.ThrowIfNull(implementation);
        return Add(new SingletonSource<T>(implementation));
    }

    /// <summary>Offers a service whose implementation comes from <paramref name="source"/>, call by call.</summary>
    /// <exception cref="ArgumentException">A method's code is taken by another service; the message names both.</exception>
    public ServiceTable Add<T>(ServiceSource<T> source)
        where T : class, IButlerContract<T>
    {
        ArgumentNullException.ThrowIfNull(source);
        var contract = T.Contract;
        var binder = new HandlerBinder<T>(this, source);
        contract.Bind(binder);
        lock (_gate)
        {
            _map = _map.With(binder.Handlers);
            if (!_services.Contains(contract.Name))
                _services.Add(contract.Name);
            if (contract.Callback is { } callback)
                _callbacks[contract.Name] = callback;
        }

        return this;
    }

    /// <summary>The interceptors, in the order in which they run.</summary>
    public IReadOnlyList<ServerInterceptor> Interceptors => _interceptors;

    /// <summary>Adds an interceptor behind those that are there. It sees every call that begins afterwards.</summary>
    public ServiceTable Use(ServerInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        lock (_gate)
            _interceptors = [.. _interceptors, interceptor];
        return this;
    }

    /// <summary>Defines what <c>[ButlerAuthorize("name")]</c> asks for. A method whose policy is not defined is denied to everybody.</summary>
    public ServiceTable AddPolicy(string name, ButlerPolicy policy)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(policy);
        lock (_gate)
            _policies = new Dictionary<string, ButlerPolicy>(_policies, StringComparer.Ordinal) { [name] = policy };
        return this;
    }

    /// <summary>Defines a policy that looks at the principal alone.</summary>
    /// <inheritdoc cref="AddPolicy(string, ButlerPolicy)"/>
    public ServiceTable AddPolicy(string name, Func<ClaimsPrincipal?, bool> policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return AddPolicy(name, (principal, _, _) => new ValueTask<bool>(policy(principal)));
    }

    /// <summary>The methods it has handlers for.</summary>
    internal IEnumerable<Method> Methods => _map.Handlers.Select(h => h.Method);

    /// <summary>The service that a service's handlers call back on; null: none.</summary>
    internal Type? CallbackOf(string service)
    {
        lock (_gate)
            return _callbacks.GetValueOrDefault(service);
    }

    /// <summary>The policies that methods ask for and nobody has defined.</summary>
    internal IReadOnlyList<string> UndefinedPolicies() =>
        [.. _map.Handlers.Select(h => h.Method.Policy).OfType<string>().Where(p => !_policies.ContainsKey(p)).Distinct(StringComparer.Ordinal)];

    /// <summary>True when something stands between a call of the method and its handler.</summary>
    internal bool Intercepts(Method method) => _interceptors.Length != 0 || method.Policy is not null;

    /// <summary>Throws when the method has a policy and the caller does not satisfy it.</summary>
    internal async ValueTask AuthorizeAsync(Method method, ServerCall call)
    {
        if (method.Policy is not { } name)
            return;
        if (_policies.TryGetValue(name, out var policy) && await policy(call.Principal, method, new CallContext(call)))
            return;
        throw call.Principal is null
            ? new ButlerException(ButlerStatus.Unauthenticated, $"{method.FullName} needs a caller who has proved who it is", ButlerCertainty.NotExecuted)
            : new ButlerException(ButlerStatus.PermissionDenied, $"{method.FullName} is not permitted to this caller", ButlerCertainty.NotExecuted);
    }

    /// <summary>Says which status a caller is told, with the exception's own message, when a handler throws a <typeparamref name="TException"/>.</summary>
    public ServiceTable MapException<TException>(ButlerStatus status)
        where TException : Exception
    {
        lock (_gate)
            _mapped = [.. _mapped.Where(m => m.Type != typeof(TException)), (typeof(TException), status)];
        return this;
    }

    /// <summary>The status that <see cref="MapException{TException}"/> gave to the failure's type or the nearest of its base types; null: none.</summary>
    internal ButlerStatus? MappedStatus(Exception failure)
    {
        for (var type = failure.GetType(); type is not null; type = type.BaseType)
        {
            foreach (var (mapped, status) in _mapped)
            {
                if (mapped == type)
                    return status;
            }
        }

        return null;
    }

    /// <summary>Serves a code with bytes, as long as no service has a method with that code. Replaces the handler it had.</summary>
    public ServiceTable Handle(uint code, UntypedHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Untyped.Handle(code, handler);
        return this;
    }

    /// <summary>Serves every code that has no handler otherwise. Null (the default): such calls fail with Unimplemented.</summary>
    public ServiceTable HandleUnmatched(UntypedHandler? handler)
    {
        Untyped.HandleUnmatched(handler);
        return this;
    }

    internal MethodHandler? FindUntyped(uint code, bool isOneWay) => _untyped?.Find(code, isOneWay);

    UntypedHandlers Untyped
    {
        get
        {
            lock (_gate)
                return _untyped ??= new UntypedHandlers(this);
        }
    }

    /// <summary>What takes packets that no service has a method for, where a framing carries such; null: nothing.</summary>
    internal RawHandlers? Packets { get; set; }

    /// <summary>The handler of a method code; null: there is none.</summary>
    public MethodHandler? Find(uint code) => _map.Find(code);
}
