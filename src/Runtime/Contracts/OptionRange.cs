namespace ButlerRpc;

/// <summary>Refuses options outside their range, naming the option, the value and the range.</summary>
static class OptionRange
{
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static void Check(string options, string name, long value, long least, long most)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{options}.{name} must be {least} to {most}");
    }

    public static void Present(string options, string name, object? value)
    {
        if (value is null)
            throw new ArgumentNullException(name, $"{options}.{name} must not be null; leave it out to have its default");
    }

    public static void Positive(string options, string name, TimeSpan value)
    {
        if (value <= TimeSpan.Zero || value > Longest)
            throw new ArgumentOutOfRangeException(name, value, $"{options}.{name} must be above 0 and at most one day");
    }

    public static void NotNegative(string options, string name, TimeSpan value)
    {
        if (value < TimeSpan.Zero || value > Longest)
            throw new ArgumentOutOfRangeException(name, value, $"{options}.{name} must be 0 to one day");
    }

    /// <summary>Positive, or <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static void PositiveOrInfinite(string options, string name, TimeSpan value)
    {
        if (value != Timeout.InfiniteTimeSpan && (value <= TimeSpan.Zero || value > Longest))
            throw new ArgumentOutOfRangeException(name, value, $"{options}.{name} must be above 0 and at most one day, or Timeout.InfiniteTimeSpan");
    }
}
