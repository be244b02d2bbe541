using System.Reflection;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Tests.Support;

/// <summary>A connection to a broker that is not there: it says what the test wants RabbitMQ to say.</summary>
sealed class AmqpDouble
{
    const string Refused = "amq.gen-double";

    readonly IChannel _amqp;
    AsyncEventingBasicConsumer? _refused;

    public AmqpDouble()
    {
        _amqp = Proxy<IChannel>.Of(OnChannel);
        Connection = Proxy<IConnection>.Of(method => method == nameof(IConnection.CreateChannelAsync) ? Task.FromResult(_amqp) : null);
    }

    public IConnection Connection { get; }

    /// <summary>What becomes of a call; null: it is confirmed.</summary>
    public Func<IReadOnlyBasicProperties, Task<Exception?>> Publish { get; set; } = _ => Task.FromResult<Exception?>(null);

    /// <summary>Comes before an end mark does.</summary>
    public Func<Task> Marking { get; set; } = () => Task.CompletedTask;

    /// <summary>How a queue looks; null: there is none.</summary>
    public Func<string, QueueDeclareOk?> Look { get; set; } = name => new QueueDeclareOk(name, 0, 1);

    /// <summary>Sends a call back, as a queue does that has no room for it, or for whatever reason.</summary>
    public Task SendBackAsync(IReadOnlyBasicProperties call, string reason = "maxlen") => RefusedAsync(new BasicProperties
    {
        CorrelationId = call.CorrelationId, Type = call.Type, Headers = new Dictionary<string, object?>(call.Headers!) { ["x-first-death-reason"] = Encoding.UTF8.GetBytes(reason) },
    });

    Task RefusedAsync(IReadOnlyBasicProperties properties) => _refused!.HandleBasicDeliverAsync("", 1, false, "", "", properties, default);

    // A call, or the end mark that a consumer sends itself.
    async ValueTask OnPublishAsync(string queue, IReadOnlyBasicProperties properties)
    {
        if (queue == Refused)
        {
            await Marking();
            await RefusedAsync(properties);
        }
        else if (await Publish(properties) is { } failure)
            throw failure;
    }

    object? OnChannel(MethodInfo method, object?[] arguments)
    {
        switch (method.Name)
        {
            case $"get_{nameof(IChannel.IsOpen)}":
                return true;
            case nameof(IChannel.BasicConsumeAsync):
                if ((string)arguments[0]! == Refused)
                    _refused = arguments.OfType<AsyncEventingBasicConsumer>().Single();
                return Task.FromResult("tag");
            case nameof(IChannel.BasicPublishAsync):
                return OnPublishAsync((string)arguments[1]!, (IReadOnlyBasicProperties)arguments[3]!);
            case nameof(IChannel.QueueDeclareAsync):
                return Task.FromResult(new QueueDeclareOk(Refused, 0, 0));
            case nameof(IChannel.QueueDeclarePassiveAsync):
                return Look((string)arguments[0]!) is { } seen ? Task.FromResult(seen) : Task.FromException<QueueDeclareOk>(
                    new OperationInterruptedException(new ShutdownEventArgs(ShutdownInitiator.Peer, 404, "NOT_FOUND")));
            default:
                return null;
        }
    }

    /// <summary>Says nothing and does nothing, except where it is told to.</summary>
    class Proxy<T> : DispatchProxy
        where T : class
    {
        Func<MethodInfo, object?[], object?> _answer = (_, _) => null;

        public static T Of(Func<MethodInfo, object?[], object?> answer)
        {
            var proxy = Create<T, Proxy<T>>();
            ((Proxy<T>)(object)proxy)._answer = answer;
            return proxy;
        }

        public static T Of(Func<string, object?> answer) => Of((method, _) => answer(method.Name));

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            _answer(method!, arguments ?? []) ?? (method!.ReturnType == typeof(Task) ? Task.CompletedTask : Default(method.ReturnType));

        static object? Default(Type type) => type.IsValueType && type != typeof(void) ? Activator.CreateInstance(type) : null;
    }
}
