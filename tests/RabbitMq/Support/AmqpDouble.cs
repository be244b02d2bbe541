using System.Reflection;
using System.Text;
using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.RabbitMq.Consuming;
using ButlerRpc.RabbitMq.Wire;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Tests.Support;

/// <summary>A connection to a broker that is not there: it says what the test wants RabbitMQ to say.</summary>
sealed class AmqpDouble
{
    const string Notices = "amq.gen-double";

    readonly IChannel _amqp;
    AsyncEventingBasicConsumer? _answers;
    AsyncEventingBasicConsumer? _notices;

    public AmqpDouble()
    {
        _amqp = Proxy<IChannel>.Of(OnChannel);
        Connection = Proxy<IConnection>.Of(method => method == nameof(IConnection.CreateChannelAsync) ? Task.FromResult(_amqp) : null);
    }

    public IConnection Connection { get; }

    /// <summary>A consumer that is connected to it, with time and a scheduler of its own, under so many seeds.</summary>
    public static void RunMany(
        int seeds, RabbitMqOptions rabbit, Func<AmqpDouble, ILedger, Task> test, Func<ButlerClientOptions, ButlerClientOptions>? configure = null) => Simulation.RunMany(seeds, async sim =>
    {
        var options = new BrokerConnectionOptions();
        if (configure is not null)
            options = options with { Client = configure(options.Client) };
        var broker = new AmqpDouble { Time = sim.Time };
        var topology = new Topology(Guid.NewGuid(), rabbit);
        var host = new SessionHost(sim.Platform, options.Client.Limits, NullLogger.Instance) { DefaultTimeout = Place.Patience };
        var invoker = new AmqpInvoker(host, options, rabbit.QueuedCallsPerChannel, () => "");
        var watch = new QueueWatch(broker.Connection, topology, sim.Platform);
        invoker.OnReady(await ConsumerLine.OpenAsync(broker.Connection, "double", topology, watch, invoker, NullLogger.Instance, CancellationToken.None));
        await test(broker, invoker.Create<ILedger>());
        await invoker.DrainAsync(TimeSpan.Zero);
        host.Clock.Dispose();
    });

    /// <summary>The consumer's.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>What becomes of a call; null: it is confirmed.</summary>
    public Func<IReadOnlyBasicProperties, Task<Exception?>> Publish { get; set; } = _ => Task.FromResult<Exception?>(null);

    /// <summary>Comes before a mark does.</summary>
    public Func<Task> Marking { get; set; } = () => Task.CompletedTask;

    /// <summary>How a queue looks; null: there is none.</summary>
    public Func<string, QueueDeclareOk?> Look { get; set; } = name => new QueueDeclareOk(name, 0, 1);

    /// <summary>Answers a call.</summary>
    public Task AnswerAsync(IReadOnlyBasicProperties call, byte[] body) =>
        _answers!.HandleBasicDeliverAsync("", 1, false, "", "", new AnswerMessage(call.CorrelationId!, AnswerKind.Reply).Write(), body);

    /// <summary>A provider says that it found the queue gone.</summary>
    public Task SayGoneAsync() => NoticeAsync(new NoticeMessage(NoticeKind.Gone).Write());

    /// <summary>A provider that stops says that it still has a call.</summary>
    public Task HoldAsync(IReadOnlyBasicProperties call) => _answers!.HandleBasicDeliverAsync("", 1, false, "", "", new AnswerMessage(call.CorrelationId!, AnswerKind.Held).Write(), default);

    /// <summary>Sends a call back, as a queue does that has no room for it, or for whatever reason.</summary>
    public Task SendBackAsync(IReadOnlyBasicProperties call, string reason = "maxlen") => NoticeAsync(new BasicProperties
    {
        CorrelationId = call.CorrelationId, Type = call.Type, Headers = new Dictionary<string, object?>(call.Headers!) { ["x-first-death-reason"] = Encoding.UTF8.GetBytes(reason) },
    });

    Task NoticeAsync(IReadOnlyBasicProperties properties) => _notices!.HandleBasicDeliverAsync("", 1, false, "", "", properties, default);

    // A call, or the mark that a consumer sends itself.
    async ValueTask OnPublishAsync(string queue, IReadOnlyBasicProperties properties)
    {
        if (queue == Notices)
        {
            await Marking();
            await NoticeAsync(properties);
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
                var consumer = arguments.OfType<AsyncEventingBasicConsumer>().Single();
                if ((string)arguments[0]! == Notices)
                    _notices = consumer;
                else
                    _answers = consumer;
                return Task.FromResult("tag");
            case nameof(IChannel.BasicPublishAsync):
                return OnPublishAsync((string)arguments[1]!, (IReadOnlyBasicProperties)arguments[3]!);
            case nameof(IChannel.QueueDeclareAsync):
                return Task.FromResult(new QueueDeclareOk(Notices, 0, 0));
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
