using System.Globalization;
using ButlerRpc.Streams;
using Microsoft.Extensions.Configuration;

namespace ButlerRpc.Hosting.Tests;

/// <summary>Every option of every record of options, by the names under which configuration knows them: one that is not checked when something is made of it shows here.</summary>
public sealed class OptionTests
{
    static readonly string[] Flags = ["FailOnCutoff", "WaitForSlot", "AllowTokenInClear", "InlineContinuations", "IncludeExceptionDetails"];

    static IEnumerable<TestCaseData> All() =>
    [
        .. Of("ButlerLimits", OptionNames.Limits, o => new ButlerServerOptions { Limits = o }.Validate()),
        .. Of("IprotoOptions", OptionNames.Iproto, o => new ButlerServerOptions { Iproto = o }.Validate()),
        .. Of("ButlerRetryOptions", OptionNames.Retry, o => new ButlerClientOptions { Retry = o }.Validate()),
        .. Of("ButlerServerOptions", OptionNames.Server, o => o.Validate()),
        .. Of("ButlerClientOptions", OptionNames.Client, o => o.Validate()),
    ];

    static IEnumerable<TestCaseData> Of<TOptions>(string name, OptionBinder<TOptions> binder, Action<TOptions> validate)
        where TOptions : new() =>
        from option in binder.Names
        where !Flags.Contains(option) && !binder.IsGroup(option)
        from value in new[] { "-2147483648", "-3.00:00:00", "-0.5" }
        let bound = TryBind(binder, option, value)
        where bound.Options is not null
        select new TestCaseData(name, option, value, () => validate(bound.Options!)).SetArgDisplayNames($"{name}.{option} = {value}");

    static (TOptions? Options, string? Failure) TryBind<TOptions>(OptionBinder<TOptions> binder, string option, string value)
        where TOptions : new()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([new($"Butler:{option}", value)]).Build().GetSection("Butler");
        try
        {
            return (binder.Bind(new TOptions(), section), null);
        }
        catch (Microsoft.Extensions.Options.OptionsValidationException e)
        {
            return (default, e.Message);
        }
    }

    [TestCaseSource(nameof(All))]
    public void Option_out_of_its_range_is_refused_with_its_name_its_value_and_its_range(string options, string option, string value, Action validate)
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => validate())!;
        Assert.That(refused.ParamName, Is.EqualTo(option));
        Assert.That(refused.Message, Does.Contain($"{options}.{option} must be "));
        Assert.That(Convert.ToString(refused.ActualValue, CultureInfo.InvariantCulture), Is.EqualTo(value));
    }

    [Test]
    public void Every_option_that_is_no_flag_was_tried()
    {
        var tried = All().Select(c => $"{c.Arguments[0]}.{c.Arguments[1]}").ToHashSet();
        string[] all =
        [
            .. Named("ButlerLimits", OptionNames.Limits), .. Named("IprotoOptions", OptionNames.Iproto), .. Named("ButlerRetryOptions", OptionNames.Retry),
            .. Named("ButlerServerOptions", OptionNames.Server), .. Named("ButlerClientOptions", OptionNames.Client),
        ];
        // A choice is bound by name: what is no name is refused before there is an option, and by number in ClientOptionTests.
        Assert.That(all.Except(tried), Is.EquivalentTo(new[] { "ButlerClientOptions.Routing", "ButlerClientOptions.RateMode" }));

        static IEnumerable<string> Named<TOptions>(string options, OptionBinder<TOptions> binder) =>
            binder.Names.Where(n => !Flags.Contains(n) && !binder.IsGroup(n)).Select(n => $"{options}.{n}");
    }

    [Test]
    public void Group_of_options_that_is_missing_is_refused_by_name()
    {
        foreach (var (name, validate) in new (string, Action)[]
        {
            ("Limits", () => new ButlerServerOptions { Limits = null! }.Validate()),
            ("Iproto", () => new ButlerServerOptions { Iproto = null! }.Validate()),
            ("Limits", () => new ButlerClientOptions { Limits = null! }.Validate()),
            ("Iproto", () => new ButlerClientOptions { Iproto = null! }.Validate()),
            ("Retry", () => new ButlerClientOptions { Retry = null! }.Validate()),
            ("Interceptors", () => new ButlerClientOptions { Interceptors = null! }.Validate()),
        })
            Assert.That(Assert.Throws<ArgumentNullException>(() => validate())!.ParamName, Is.EqualTo(name));
    }
}
