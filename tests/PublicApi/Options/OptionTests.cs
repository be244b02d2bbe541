using System.Buffers;
using System.Globalization;
using ButlerRpc.Messaging;
using ButlerRpc.Streams;

namespace ButlerRpc.PublicApi.Tests.Options;

/// <summary>Every option of every package against docs/options.md: its default, and what is accepted where something is made of it.</summary>
sealed class OptionTests
{
    const string Broker = "butler://127.0.0.1:1/6f1c0f5e-3b1d-4a39-9d7e-0d8a4e0f6b11";

    // What is made of each kind of options, as users do it.
    static readonly Dictionary<Type, Func<object, Task>> Uses = new()
    {
        [typeof(ButlerServerOptions)] = o => ServeAsync((ButlerServerOptions)o),
        [typeof(ButlerClientOptions)] = o => CallAsync((ButlerClientOptions)o),
        [typeof(ButlerRetryOptions)] = o => CallAsync(new ButlerClientOptions { Retry = (ButlerRetryOptions)o }),
        [typeof(ButlerLimits)] = o => BothAsync(ServeAsync(new ButlerServerOptions { Limits = (ButlerLimits)o }), CallAsync(new ButlerClientOptions { Limits = (ButlerLimits)o })),
        [typeof(IprotoOptions)] = o => BothAsync(ServeAsync(new ButlerServerOptions { Iproto = (IprotoOptions)o }), CallAsync(new ButlerClientOptions { Iproto = (IprotoOptions)o })),
        [typeof(CallOptions)] = _ => Task.CompletedTask,
        [typeof(ButlerStreamsOptions)] = async o => await new ButlerStreams((ButlerStreamsOptions)o).DisposeAsync(),
        [typeof(ButlerMessengerOptions)] = async o => await ButlerMessenger.Open("mem://options", new Words(), (ButlerMessengerOptions)o).DisposeAsync(),
        [typeof(ButlerBrokerOptions)] = o => BrokerAsync((ButlerBrokerOptions)o),
        [typeof(BrokerVersion1Options)] = o => BrokerAsync(new ButlerBrokerOptions { Version1 = (BrokerVersion1Options)o }),
        [typeof(RabbitMqOptions)] = o => CarryAsync((RabbitMqOptions)o),
        [typeof(BrokerConnectionOptions)] = o => ConnectAsync((BrokerConnectionOptions)o),
    };

    static IEnumerable<TestCaseData> Rows => OptionRow.All.Select(row => new TestCaseData(row).SetArgDisplayNames($"{row}"));

    [Test]
    public void The_page_has_every_option_of_every_package_and_no_other()
    {
        Assert.That(OptionRow.Types.Except(Uses.Keys), Is.Empty, "say what is made of them");
        Assert.That(
            OptionRow.All.Select(row => row.ToString()),
            Is.EquivalentTo(OptionRow.Types.SelectMany(type => OptionRow.OptionsOf(type).Select(option => $"{type.Name}.{option.Name}"))));
    }

    [TestCaseSource(nameof(Rows))]
    public void The_page_tells_its_default(OptionRow row)
    {
        var option = row.Property;
        Assert.That(row.Default, Is.EqualTo(OptionRow.Text(option, option.GetValue(Activator.CreateInstance(option.DeclaringType!)))));
    }

    [TestCaseSource(nameof(Rows))]
    public async Task What_the_page_calls_accepted_is_and_what_is_beyond_is_refused_by_name_value_and_range(OptionRow row)
    {
        var type = row.Property.DeclaringType!;
        var accepted = AcceptedValues.Of(row, Activator.CreateInstance(type)!);
        foreach (var value in accepted.Good)
            Assert.That(await FailureOfAsync(type, row, value), Is.Null, $"{row} = {value} is accepted");
        foreach (var value in accepted.Bad)
        {
            var refused = await FailureOfAsync(type, row, value);
            Assert.That(refused, value is null ? Is.TypeOf<ArgumentNullException>() : Is.TypeOf<ArgumentOutOfRangeException>(), $"{row} = {value} is refused");
            Assert.That(refused!.ParamName, Is.EqualTo(row.Name));
            Assert.That(refused.Message, Does.Contain($"{row} must "));
            if (refused is ArgumentOutOfRangeException range)
                Assert.That(Plain(range.ActualValue), Is.EqualTo(Plain(value)));
            foreach (var edge in accepted.Edges)
                Assert.That(refused.Message, Does.Contain(edge.ToString(CultureInfo.InvariantCulture)));
        }
    }

    [Test]
    public void The_page_of_limits_agrees()
    {
        var type = "";
        foreach (var line in File.ReadLines(Pages.Path("limits.md")))
        {
            if (line.StartsWith('#'))
                type = line.Split('`') is [.., var name, _] ? name : "";
            if (line.Split(" | ") is not [var first, var @default, var accepted, ..] || !first.StartsWith("| `", StringComparison.Ordinal) || type.Length == 0)
                continue;
            var row = OptionRow.All.Single(r => r.Type == type && r.Name == first.Trim(' ', '|', '`'));
            Assert.That((@default, accepted), Is.EqualTo((row.Default, row.Accepted)), $"{row}");
        }

        var limits = File.ReadAllText(Pages.Path("limits.md"));
        var missing = OptionRow.All.Where(r => (Nullable.GetUnderlyingType(r.Property.PropertyType) ?? r.Property.PropertyType) is { IsEnum: false, IsPrimitive: true } or { Name: nameof(TimeSpan) })
            .Where(r => r.Property.PropertyType != typeof(bool) && r.Property.PropertyType != typeof(bool?) && !limits.Contains($"| `{r.Name}` |", StringComparison.Ordinal));
        Assert.That(missing.Select(r => $"{r}"), Is.EquivalentTo(new[] { "CallOptions.Timeout", "BrokerConnectionOptions.ProviderWait" }), "what is a number or a time is a limit, but for what a call asks for");
    }

    // The options that must not be less than this one are as large as they may be.
    static async Task<ArgumentException?> FailureOfAsync(Type type, OptionRow row, object? value)
    {
        var options = Activator.CreateInstance(type)!;
        foreach (var larger in OptionRow.All.Where(r => r.Type == row.Type && AcceptedValues.LowerEdgeOf(r) == row.Name))
            larger.Property.SetValue(options, AcceptedValues.LargestOf(larger, options));
        row.Property.SetValue(options, value);
        try
        {
            await Uses[type](options);
            return null;
        }
        catch (ArgumentException e)
        {
            return e;
        }
    }

    static string Plain(object? value) => value is Enum or int or long ? Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) : $"{value}";

    static async Task ServeAsync(ButlerServerOptions options) => await (await ButlerServer.StartAsync("mem://options", _ => { }, options)).DisposeAsync();

    static async Task CallAsync(ButlerClientOptions options) => await ButlerClient.Open("mem://options", options).DisposeAsync();

    static async Task BrokerAsync(ButlerBrokerOptions options) => await (await ButlerBroker.StartAsync("mem://options-broker", options)).DisposeAsync();

    static async Task CarryAsync(RabbitMqOptions options)
    {
        await Task.CompletedTask;
        _ = new RabbitMqCarrier(options);
    }

    // One that both refuse is refused alike.
    static async Task BothAsync(Task one, Task other)
    {
        var first = await CatchAsync(one);
        var second = await CatchAsync(other);
        Assert.That(first?.Message, Is.EqualTo(second?.Message));
        if (first is not null)
            throw first;
    }

    static async Task ConnectAsync(BrokerConnectionOptions options)
    {
        var givenUp = new CancellationToken(canceled: true);
        await BothAsync(ButWhatWasGivenUpAsync(BrokerConsumer.ConnectAsync(Broker, options, givenUp)),
            ButWhatWasGivenUpAsync(BrokerProvider.ConnectAsync(Broker, _ => { }, options, givenUp)));

        static async Task ButWhatWasGivenUpAsync(Task connecting)
        {
            try
            {
                await connecting;
            }
            catch (OperationCanceledException)
            {
                // The options were accepted, and nobody was dialled.
            }
        }
    }

    static async Task<ArgumentException?> CatchAsync(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (ArgumentException e)
        {
            return e;
        }
    }

    sealed class Words : IMessageProtocol<string, string>
    {
        public bool TryRead(ref ReadOnlySequence<byte> bytes, out string message) => throw new NotSupportedException();

        public void Write(string message, IBufferWriter<byte> output) => throw new NotSupportedException();

        public string GetCorrelationId(string message) => message;
    }
}
