// What the pages speak of and leave to their readers, as a reader would have it. It is compiled with the blocks of the pages, which see it as they see what their page declares.
using System;
using System.Collections.Generic;
using System.Security.Claims;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using ButlerRpc.Calls;
using ButlerRpc.Messaging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Snippets
{
    [ButlerMessage] public partial record Line(int Article, int Count);

    [ButlerMessage(Code = 1)] public partial record Order(int Id, List<Line> Lines);

    [ButlerMessage(Code = 2)] public partial record Receipt(decimal Total);

    [ButlerMessage] public partial record Reservation(decimal Total);

    [ButlerMessage] public partial record Progress(int Percent);

    [ButlerMessage] public partial record Quote(string Symbol, decimal Price);

    [ButlerMessage] public partial record FileId(string Name);

    [ButlerMessage] public partial record Question(string Text);

    [ButlerMessage] public partial record Answer(string Text);

    [ButlerMessage] public partial record Event(string Name);

    [ButlerMessage] public partial record Ticket(string Customer);

    [ButlerMessage] public partial record Parcel(int Id);

    [ButlerMessage] public partial record CatchUp(List<string> Missed);

    [ButlerService]
    partial interface IOrderService
    {
        ValueTask<Receipt> PlaceAsync(Order order, CallContext context = default);
    }

    [ButlerService]
    partial interface IStock
    {
        ValueTask<Reservation> ReserveAsync(List<Line> lines, CallContext context = default);
    }

    [ButlerService]
    partial interface IBilling
    {
        ValueTask<Receipt> ChargeAsync(decimal amount, CallContext context = default);
    }

    [ButlerService]
    partial interface IRoom
    {
        IAsyncEnumerable<CatchUp> EnterAsync(string name, long after, CancellationToken cancellationToken = default);
    }

    [ButlerService(Callback = typeof(IOrderEvents))]
    partial interface IOrderDesk
    {
        ValueTask<Ticket> WatchAsync(string customer, CallContext context = default);
    }

    [ButlerService]
    partial interface IOrderEvents
    {
        [ButlerMethod(OneWay = true)] void Shipped(Parcel parcel);
    }

    sealed class OrderServiceImpl : IOrderService
    {
        public ValueTask<Receipt> PlaceAsync(Order order, CallContext context = default) => new(new Receipt(order.Lines.Count));
    }

    sealed class Screen : IOrderEvents
    {
        public void Shipped(Parcel parcel) => Console.WriteLine(parcel);
    }

    sealed class Timing : ServerInterceptor;

    readonly struct Money(long cents)
    {
        public long Cents { get; } = cents;
    }

    interface IFeed
    {
        IAsyncEnumerable<Quote> ReadAsync(string symbol, CancellationToken cancellationToken);
    }

    interface IVault
    {
        Task<byte[]> ReadAsync(string name, CancellationToken cancellationToken);
    }

    interface ITokens
    {
        ClaimsPrincipal? Find(ButlerCredentials credentials);
    }

    /// <summary>The names of things: a block is the body of a class that is derived from this one.</summary>
    abstract class Given
    {
        // a host
        protected string[] args = null!;
        protected IHost host = null!;
        protected IServiceCollection services = null!;
        protected IConfiguration configuration = null!;
        protected ILoggerFactory loggers = null!;

        // both ends
        protected ButlerServer server = null!;
        protected ButlerClient client = null!;
        protected ButlerSession session = null!;
        protected BrokerConsumer consumer = null!;
        protected CallContext context;
        protected string endpoint = "", customer = "", name = "", password = "";
        protected byte[] bytes = [], request = [], secret = [];
        protected long last;
        protected CancellationToken leave;

        // services and what they stand on
        protected IOrderService orders = null!;
        protected IRoom room = null!;
        protected IStock _stock = null!;
        protected IBilling _billing = null!;
        protected IFeed _feed = null!;
        protected ChannelReader<Event> _events = null!;
        protected ButlerGroup<IOrderEvents> _members = null!;
        protected Parcel parcel = null!;
        protected IVault vault = null!;
        protected ITokens tokens = null!;

        protected static ValueTask<ReadOnlyMemory<byte>> Handle(ReadOnlyMemory<byte> bytes) => new(bytes);

        protected static ValueTask<ReadOnlyMemory<byte>> AnswerAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => new(body);

        protected static Task ServeAsync(object connection) => Task.CompletedTask;

        protected static CatchUp WhatWasMissed(long after) => new([]);

        protected static Task UntilEither(CancellationToken first, CancellationToken second) => Task.CompletedTask;

        protected static void Show(List<string> lines) => Console.WriteLine(lines.Count);
    }

    /// <summary>Of OpenTelemetry.Extensions.Hosting, which is no dependency of ours, what its users write.</summary>
    static class OpenTelemetry
    {
        public interface IBuilder
        {
            IBuilder WithMetrics(Action<IMeters> configure);

            IBuilder WithTracing(Action<ISources> configure);
        }

        public interface IMeters
        {
            IMeters AddMeter(params string[] names);
        }

        public interface ISources
        {
            ISources AddSource(params string[] names);
        }

        public static IBuilder AddOpenTelemetry(this IServiceCollection services) => throw new NotImplementedException();
    }
}

// What implements a service that its page declares.
namespace ButlerRpc.Snippets.Page_callbacks.Block0
{
    sealed class Screen : IOrderEvents
    {
        public void Shipped(Parcel parcel) => Console.WriteLine(parcel);

        public ValueTask<bool> ConfirmAsync(decimal total, CancellationToken cancellationToken = default) => new(true);
    }
}

namespace ButlerRpc.Snippets.Page_streaming.Block0
{
    abstract partial class Code
    {
        protected IMarket market = null!;
    }
}

namespace ButlerRpc.Snippets.Page_from_tcp_butler.Block0
{
    sealed record Line(int Id, string Text);

    abstract partial class Code
    {
        protected IMessageProtocol<Line, int> protocol = null!;
    }
}
