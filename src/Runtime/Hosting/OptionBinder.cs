using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ButlerRpc.Hosting;

/// <summary>
/// Takes options from a configuration section by their names. Written out instead of the framework's binder: that one needs reflection for immutable records,
/// and passes over keys that it does not know, so that a mistyped limit would silently keep its default.
/// </summary>
sealed class OptionBinder<TOptions>
{
    readonly Dictionary<string, Func<TOptions, IConfigurationSection, List<string>, TOptions>> _options = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<string> Names => _options.Keys;

    public OptionBinder<TOptions> Whole(string name, Func<TOptions, int, TOptions> with) => Value(
        name, "a whole number", (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value), with);

    public OptionBinder<TOptions> Time(string name, Func<TOptions, TimeSpan, TOptions> with) => Value(
        name, "a time of the form hh:mm:ss, or infinite", TryParseTime, with);

    public OptionBinder<TOptions> Flag(string name, Func<TOptions, bool, TOptions> with) => Value(
        name, "true or false", (string text, out bool value) => bool.TryParse(text, out value), with);

    public OptionBinder<TOptions> Number(string name, Func<TOptions, double, TOptions> with) => Value(
        name, "a number", (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value), with);

    public OptionBinder<TOptions> Choice<TChoice>(string name, Func<TOptions, TChoice, TOptions> with)
        where TChoice : struct, Enum => Value(
        name,
        $"one of {string.Join(", ", Enum.GetNames<TChoice>())}",
        (string text, out TChoice value) => Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && char.IsAsciiLetter(text[0]),
        with);

    public OptionBinder<TOptions> Group<TGroup>(string name, OptionBinder<TGroup> group, Func<TOptions, TGroup> get, Func<TOptions, TGroup, TOptions> with)
    {
        _options.Add(name, (options, section, failures) => with(options, group.Bind(get(options), section, failures, [])));
        return this;
    }

    /// <summary>The options with what the section says.</summary>
    /// <exception cref="OptionsValidationException">A key is unknown or a value is malformed; the message names all of them.</exception>
    public TOptions Bind(TOptions options, IConfigurationSection section, params IReadOnlyList<(string Name, Action<string> Take)> others)
    {
        var failures = new List<string>();
        options = Bind(options, section, failures, others);
        return failures.Count == 0 ? options : throw new OptionsValidationException(section.Path, typeof(TOptions), failures);
    }

    TOptions Bind(TOptions options, IConfigurationSection section, List<string> failures, IReadOnlyList<(string Name, Action<string> Take)> others)
    {
        foreach (var child in section.GetChildren())
        {
            if (_options.TryGetValue(child.Key, out var apply))
                options = apply(options, child, failures);
            else if (others.FirstOrDefault(o => o.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is { Take: { } take })
                Take(take, child, failures);
            else
                failures.Add($"{child.Path} is not an option; there are {string.Join(", ", others.Select(o => o.Name).Concat(_options.Keys))}");
        }

        return options;
    }

    static bool TryParseTime(string text, out TimeSpan value)
    {
        if (!text.Equals("infinite", StringComparison.OrdinalIgnoreCase))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value);
        value = Timeout.InfiniteTimeSpan;
        return true;
    }

    static void Take(Action<string> take, IConfigurationSection section, List<string> failures)
    {
        try
        {
            take(section.Value ?? "");
        }
        catch (ArgumentException e)
        {
            failures.Add($"{section.Path}: {e.Message}");
        }
    }

    OptionBinder<TOptions> Value<TValue>(string name, string form, TryParse<TValue> tryParse, Func<TOptions, TValue, TOptions> with)
    {
        _options.Add(name, (options, section, failures) =>
        {
            if (tryParse(section.Value ?? "", out var value))
                return with(options, value);
            failures.Add($"{section.Path} is '{section.Value}', which is not {form}");
            return options;
        });
        return this;
    }

    delegate bool TryParse<TValue>(string text, out TValue value);
}
