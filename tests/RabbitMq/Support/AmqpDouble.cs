using System.Reflection;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Tests.Support;

/// <summary>A connection to a broker that is not there: it says what the test wants RabbitMQ to say.</summary>
sealed class AmqpDouble
{
    readonly IChannel _amqp;
    AsyncEventingBasicConsumer? _answers;

    public AmqpDouble()
    {
        _amqp = Proxy<IChannel>.Of(OnChannel);
        Connection = Proxy<IConnection>.Of(method => method == nameof(IConnection.CreateChannelAsync) ? Task.FromResult(_amqp) : null);
    }

    public IConnection Connection { get; }

    /// <summary>What becomes of a message to a queue; null: it is confirmed.</summary>
    public Func<string, IReadOnlyBasicProperties, Exception?> Publish { get; set; } = (_, _) => null;

    /// <summary>How a queue looks; null: there is none.</summary>
    public Func<string, QueueDeclareOk?> Look { get; set; } = name => new QueueDeclareOk(name, 0, 1);

    /// <summary>The broker's nack.</summary>
    public static PublishException Nack() => new(1, isReturn: false);

    /// <summary>Answers a call with its own body.</summary>
    public Task AnswerAsync(IReadOnlyBasicProperties call, ReadOnlyMemory<byte> body) => _answers!.HandleBasicDeliverAsync(
        "", 1, false, "", "", new BasicProperties { CorrelationId = call.CorrelationId, Type = "reply" }, body);

    object? OnChannel(MethodInfo method, object?[] arguments)
    {
        switch (method.Name)
        {
            case $"get_{nameof(IChannel.IsOpen)}":
                return true;
            case nameof(IChannel.BasicConsumeAsync):
                _answers = arguments.OfType<AsyncEventingBasicConsumer>().Single();
                return Task.FromResult("tag");
            case nameof(IChannel.BasicPublishAsync):
                return Publish((string)arguments[1]!, (IReadOnlyBasicProperties)arguments[3]!) is { } failure ? ValueTask.FromException(failure) : default(ValueTask);
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
