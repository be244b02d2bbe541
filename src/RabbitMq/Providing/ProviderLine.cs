using System.Threading.Channels;
using ButlerRpc.RabbitMq.Connecting;
using ButlerRpc.RabbitMq.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace ButlerRpc.RabbitMq.Providing;

/// <summary>
/// A provider's connection: one AMQP channel on which calls come and answers go. An answer and the acknowledgement of its call leave one behind the other: if the broker has the second it has the first, and if
/// it has neither it gives the call to another provider.
/// </summary>
sealed class ProviderLine : AmqpLine
{
    readonly IChannel _amqp;
    readonly Topology _topology;
    readonly Lock _gate = new();
    readonly Channel<Outgoing> _outbox = Channel.CreateUnbounded<Outgoing>(new UnboundedChannelOptions { SingleReader = true }); // as many as calls are being served, at most
    readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<ulong> _keptBack = [];
    string? _directTag;
    string? _reliableTag;

    public ProviderLine(IConnection connection, string node, IChannel amqp, Topology topology)
        : base(connection, node)
    {
        (_amqp, _topology) = (amqp, topology);
        Watch(amqp);
    }

    /// <summary>Hears cancellations, before calls come: at most so many of each queue that is consumed from here on.</summary>
    public async Task ConsumeCancelsAsync(AsyncEventHandler<BasicDeliverEventArgs> handler, ushort mostCalls, CancellationToken cancellationToken)
    {
        await _amqp.BasicQosAsync(0, mostCalls, global: false, cancellationToken); // global: of all consumers together
        await Topology.DeclareExchangesAsync(_amqp, cancellationToken);
        var queue = await _topology.DeclareCancelsAsync(_amqp, cancellationToken);
        await _amqp.BasicConsumeAsync(queue, autoAck: true, Consumer(handler), cancellationToken);
    }

    /// <summary>Tells consumers that the queue of calls that run at most once has gone, with what was in it.</summary>
    public ValueTask TellGoneAsync(CancellationToken cancellationToken) => _amqp.BasicPublishAsync(
        Topology.NoticeExchange, _topology.ChannelKey, mandatory: false, new NoticeMessage(NoticeKind.Gone).Write(), default, cancellationToken);

    /// <summary>Takes calls that run at most once, and is seen to serve the channel.</summary>
    public async Task ConsumeDirectAsync(AsyncEventHandler<BasicDeliverEventArgs> handler, bool isKnownToBeNew, CancellationToken cancellationToken)
    {
        var queue = await _topology.DeclareDirectAsync(_amqp, cancellationToken);
        if (queue.ConsumerCount == 0 && !isKnownToBeNew)
            await TellGoneAsync(cancellationToken); // it went after it was looked for: this is another
        _directTag = await _amqp.BasicConsumeAsync(_topology.Direct, autoAck: false, Consumer(handler), cancellationToken);
    }

    /// <summary>Takes calls of idempotent methods, once.</summary>
    public async Task ConsumeReliableAsync(AsyncEventHandler<BasicDeliverEventArgs> handler, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_reliableTag is not null)
                return;
            _reliableTag = "";
        }

        await _topology.DeclareReliableAsync(_amqp, cancellationToken);
        _reliableTag = await _amqp.BasicConsumeAsync(_topology.Reliable, autoAck: false, Consumer(handler), cancellationToken);
    }

    /// <summary>Takes no more calls. What has come in between and was kept back goes to others.</summary>
    public async Task StopConsumingAsync()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(new Outgoing(0, Ending.None, Passed: told));
        await Task.WhenAny(told.Task, _sent.Task); // that calls are held is said before the queue goes, by which callers would take them for lost
        try
        {
            if (_directTag is { } direct)
                await _amqp.BasicCancelAsync(direct);
            if (_reliableTag is { Length: > 0 } reliable)
                await _amqp.BasicCancelAsync(reliable);
        }
        catch (Exception e) when (IsBroken(e))
        {
            return; // the line is going, and with it the consumers
        }

        lock (_gate)
        {
            foreach (var delivery in _keptBack)
                _outbox.Writer.TryWrite(new Outgoing(delivery, Ending.Return));
        }
    }

    /// <summary>A call that came while the provider stops is given back once it takes no more; earlier it would come again at once.</summary>
    public void KeepBack(ulong delivery)
    {
        lock (_gate)
            _keptBack.Add(delivery);
    }

    /// <summary>Sends an answer, if anybody awaits one, and ends the delivery. What is given after the line was lost goes nowhere: the broker gives the call to another provider.</summary>
    public void Send(in Outgoing outgoing) => _outbox.Writer.TryWrite(outgoing);

    /// <summary>Sends what is queued, and no more after that.</summary>
    public Task FlushAsync()
    {
        _outbox.Writer.TryComplete();
        return _sent.Task;
    }

    /// <summary>Sends until the line is lost.</summary>
    public async Task SendAsync()
    {
        try
        {
            await foreach (var outgoing in _outbox.Reader.ReadAllAsync())
                await SendAsync(outgoing);
        }
        catch (Exception e) when (IsBroken(e))
        {
            Lose(Reasons.Of(e));
        }
        finally
        {
            _outbox.Writer.TryComplete();
            _sent.TrySetResult();
        }
    }

    async ValueTask SendAsync(Outgoing outgoing)
    {
        if (outgoing.ReplyTo is { } replyTo)
            await _amqp.BasicPublishAsync("", replyTo, mandatory: false, outgoing.Answer.Write(), outgoing.Body);
        if (outgoing.Ending == Ending.Done)
            await _amqp.BasicAckAsync(outgoing.Delivery, multiple: false);
        else if (outgoing.Ending != Ending.None)
            await _amqp.BasicNackAsync(outgoing.Delivery, multiple: false, requeue: outgoing.Ending == Ending.Return);
        outgoing.Passed?.TrySetResult();
    }

    // A queue that goes under its consumer says so.
    AsyncEventingBasicConsumer Consumer(AsyncEventHandler<BasicDeliverEventArgs> handler)
    {
        var consumer = new LineConsumer(_amqp, this);
        consumer.ReceivedAsync += handler;
        return consumer;
    }

    static bool IsBroken(Exception e) => e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException;

    sealed class LineConsumer(IChannel amqp, ProviderLine line) : AsyncEventingBasicConsumer(amqp)
    {
        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            line.Lose("a queue has gone");
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }
    }
}

/// <summary>What becomes of the message that brought a call.</summary>
enum Ending
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>It is acknowledged.</summary>
    Done,

    /// <summary>It goes back to its queue.</summary>
    Return,

    /// <summary>It is put aside.</summary>
    Refuse,
}

/// <summary>An answer on its way, and what becomes of its call's message.</summary>
/// <param name="Delivery">The message.</param>
/// <param name="Ending">What becomes of it.</param>
/// <param name="ReplyTo">Where the answer goes; null: there is none.</param>
/// <param name="Answer">What it says.</param>
/// <param name="Body">Its body.</param>
/// <param name="Passed">Ends when it has left; null: nobody waits for that.</param>
readonly record struct Outgoing(ulong Delivery, Ending Ending, string? ReplyTo = null, AnswerMessage Answer = default, byte[]? Body = null, TaskCompletionSource? Passed = null);
