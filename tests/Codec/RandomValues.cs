using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Linq.Expressions;
using System.Numerics;
using System.Reflection;
using System.Text;

namespace ButlerRpc.Codec.Tests;

/// <summary>
/// Random values of any type that can travel, made by reflection, so that they know nothing of the generator. Edges are more frequent than chance would have them.
/// </summary>
public sealed class RandomValues(int seed)
{
    static readonly NullabilityInfoContext Nullability = new();
    static readonly string[] Texts =
    [
        "", "a", "Ada", "äöü", "日本語", "𝔘𝔫𝔦", "\0", new string('x', 31), new string('x', 32), new string('ß', 20), new string('y', 255), new string('y', 256), new string('€', 1023),
        new string('z', 1024), new string('€', 25000), new string('w', 70000),
    ];

    readonly Random _random = new(seed);

    public T Of<T>() => (T)Of(typeof(T), 0)!;

    public object? Of(Type type, int depth)
    {
        if (System.Nullable.GetUnderlyingType(type) is { } underlying)
            return _random.Next(3) == 0 ? null : Of(underlying, depth);
        if (type.IsEnum)
            return System.Enum.ToObject(type, _random.Next(4) == 0 ? _random.Next(100) : System.Enum.GetValuesAsUnderlyingType(type).GetValue(_random.Next(System.Enum.GetValues(type).Length))!);
        if (Scalar(type) is { } scalar)
            return scalar;
        if (type.IsArray)
            return Array(type.GetElementType()!, Count(depth), depth);
        if (type.IsGenericType && Generic(type, depth) is { } generic)
            return generic;
        return type.IsAbstract ? Of(Case(type), depth) : Message(type, depth);
    }

    object? Scalar(Type type) =>
        type == typeof(string) ? Text()
        : type == typeof(bool) ? _random.Next(2) == 0
        : type == typeof(sbyte) ? (sbyte)Integer()
        : type == typeof(byte) ? (byte)Integer()
        : type == typeof(short) ? (short)Integer()
        : type == typeof(ushort) ? (ushort)Integer()
        : type == typeof(int) ? (int)Integer()
        : type == typeof(uint) ? (uint)Integer()
        : type == typeof(long) ? Integer()
        : type == typeof(ulong) ? (ulong)Integer()
        : type == typeof(char) ? (char)Integer()
        : type == typeof(float) ? BitConverter.Int32BitsToSingle((int)Integer())
        : type == typeof(double) ? (_random.Next(8) == 0 ? double.NaN : BitConverter.Int64BitsToDouble(Integer()))
        : type == typeof(Half) ? Half()
        : type == typeof(decimal) ? new decimal((int)Integer(), (int)Integer(), (int)Integer(), _random.Next(2) == 0, (byte)_random.Next(29))
        : type == typeof(Guid) ? new Guid(Bytes(16))
        : type == typeof(Int128) ? new Int128((ulong)Integer(), (ulong)Integer())
        : type == typeof(UInt128) ? new UInt128((ulong)Integer(), (ulong)Integer())
        : type == typeof(DateTime) ? new DateTime(Ticks(), DateTimeKind.Utc)
        : type == typeof(DateTimeOffset) ? Offset()
        : type == typeof(DateOnly) ? DateOnly.FromDayNumber(_random.Next(DateOnly.MaxValue.DayNumber + 1))
        : type == typeof(TimeOnly) ? new TimeOnly(_random.NextInt64(TimeOnly.MaxValue.Ticks + 1))
        : type == typeof(TimeSpan) ? new TimeSpan(Integer())
        : type == typeof(BigInteger) ? new BigInteger(Bytes(_random.Next(40)))
        : type == typeof(Uri) ? new Uri($"https://example.org/{_random.Next(1000)}?q=%20", UriKind.RelativeOrAbsolute)
        : type == typeof(Version) ? new Version(_random.Next(100), _random.Next(100), _random.Next(100))
        : type == typeof(CultureInfo) ? CultureInfo.InvariantCulture
        : type == typeof(Rune) ? new Rune(_random.Next(2) == 0 ? _random.Next(0xD800) : _random.Next(0xE000, 0x110000))
        : type == typeof(Complex) ? new Complex(_random.NextDouble(), BitConverter.Int64BitsToDouble(Integer()))
        : type == typeof(BitArray) ? new BitArray(Bytes(_random.Next(6))) { Length = 0 + (_random.Next(2) == 0 ? 0 : 8 * 3) }
        : type == typeof(StringBuilder) ? new StringBuilder(Text())
        : type == typeof(RawMessage) ? new RawMessage(_random.Next(2) == 0 ? new byte[] { 0x92, 0x01, 0xA1, 0x61 } : new byte[] { 0xC3 })
        : (object?)null;

    string Text() => _random.Next(3) == 0 ? Texts[_random.Next(Texts.Length)] : string.Concat(Enumerable.Range(0, _random.Next(50)).Select(_ => (char)_random.Next(32, 0x300)));

    // One to sixty-four significant bits, either sign: every width on the wire is as likely as every other.
    long Integer()
    {
        var bits = _random.NextInt64(long.MinValue, long.MaxValue) >>> _random.Next(64);
        return _random.Next(4) switch { 0 => -bits, 1 => 1L << _random.Next(64), _ => bits };
    }

    Half Half()
    {
        var value = BitConverter.Int16BitsToHalf((short)Integer());
        return System.Half.IsNaN(value) ? System.Half.NaN : value;
    }

    long Ticks() => _random.Next(4) switch
    {
        0 => DateTime.UnixEpoch.Ticks + (_random.NextInt64(uint.MaxValue) * TimeSpan.TicksPerSecond),
        1 => DateTime.UnixEpoch.Ticks + _random.NextInt64(long.MaxValue >> 4),
        2 => _random.Next(2) == 0 ? 0 : DateTime.MaxValue.Ticks,
        _ => _random.NextInt64(DateTime.MaxValue.Ticks),
    } is var ticks && ticks <= DateTime.MaxValue.Ticks ? ticks : 0;

    DateTimeOffset Offset() => new DateTimeOffset(Math.Clamp(Ticks(), TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), TimeSpan.Zero).ToOffset(
        TimeSpan.FromMinutes(_random.Next(-14 * 60, (14 * 60) + 1)));

    byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    int Count(int depth) => depth > 3 ? 0 : _random.Next(8) switch { 0 => 0, 1 when depth < 2 => _random.Next(14, 18), 2 when depth == 0 => _random.Next(60, 200), _ => _random.Next(1, 4) };

    object Array(Type element, int count, int depth)
    {
        var array = System.Array.CreateInstance(element, count);
        for (var i = 0; i < count; i++)
            array.SetValue(Of(element, depth + 1), i);
        return array;
    }

    object? Generic(Type type, int depth)
    {
        var arguments = type.GetGenericArguments();
        var definition = type.GetGenericTypeDefinition();
        var name = definition.FullName!;
        if (name.StartsWith("System.ValueTuple`", StringComparison.Ordinal) || name.StartsWith("System.Tuple`", StringComparison.Ordinal) || definition == typeof(KeyValuePair<,>))
            return Activator.CreateInstance(type, [.. arguments.Select(a => Of(a, depth + 1))]);
        if (!name.StartsWith("System.", StringComparison.Ordinal))
            return null;
        return arguments.Length == 1
            ? Invoke(nameof(Sequence), arguments, type, Array(arguments[0], Count(depth), depth))
            : Invoke(nameof(Map), arguments, type, Pairs(arguments[0], arguments[1], depth));
    }

    object? Invoke(string method, Type[] arguments, params object[] parameters) =>
        typeof(RandomValues).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(arguments).Invoke(null, parameters);

    object Pairs(Type key, Type value, int depth)
    {
        var pairs = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(key, value))!;
        for (var count = Count(depth); count > 0; count--)
            pairs[Of(key, depth + 1)!] = Of(value, depth + 1);
        return pairs;
    }

    static object? Sequence<T>(Type type, T[] items) => type.GetGenericTypeDefinition() switch
    {
        var d when d == typeof(List<>) || d == typeof(IList<>) || d == typeof(ICollection<>) => items.ToList(),
        var d when d == typeof(IEnumerable<>) || d == typeof(IReadOnlyList<>) || d == typeof(IReadOnlyCollection<>) => items,
        var d when d == typeof(ImmutableArray<>) => ImmutableArray.Create(items),
        var d when d == typeof(Memory<>) => new Memory<T>(items),
        var d when d == typeof(ReadOnlyMemory<>) => new ReadOnlyMemory<T>(items),
        var d when d == typeof(ArraySegment<>) => new ArraySegment<T>(items),
        var d when d == typeof(ImmutableList<>) || d == typeof(IImmutableList<>) => ImmutableList.Create(items),
        var d when d == typeof(ImmutableQueue<>) || d == typeof(IImmutableQueue<>) => ImmutableQueue.Create(items),
        var d when d == typeof(ImmutableStack<>) || d == typeof(IImmutableStack<>) => ImmutableStack.Create(items),
        var d when d == typeof(HashSet<>) || d == typeof(ISet<>) || d == typeof(IReadOnlySet<>) => items.ToHashSet(),
        var d when d == typeof(ImmutableHashSet<>) || d == typeof(IImmutableSet<>) => ImmutableHashSet.Create(items),
        var d when d == typeof(ImmutableSortedSet<>) => ImmutableSortedSet.Create(Order<T>(), items),
        var d when d == typeof(SortedSet<>) => new SortedSet<T>(items, Order<T>()),
        var d when d == typeof(FrozenSet<>) => items.ToFrozenSet(),
        var d when d == typeof(ReadOnlyCollection<>) || d == typeof(Collection<>) || d == typeof(ObservableCollection<>) => Activator.CreateInstance(type, items.ToList()),
        _ => Activator.CreateInstance(type, items),
    };

    static object? Map<TKey, TValue>(Type type, Dictionary<TKey, TValue> pairs)
        where TKey : notnull => type.GetGenericTypeDefinition() switch
        {
            var d when d == typeof(Dictionary<,>) || d == typeof(IDictionary<,>) || d == typeof(IReadOnlyDictionary<,>) => pairs,
            var d when d == typeof(ImmutableDictionary<,>) || d == typeof(IImmutableDictionary<,>) => pairs.ToImmutableDictionary(),
            var d when d == typeof(ImmutableSortedDictionary<,>) => pairs.ToImmutableSortedDictionary(Order<TKey>()),
            var d when d == typeof(SortedDictionary<,>) || d == typeof(SortedList<,>) => Activator.CreateInstance(type, pairs, Order<TKey>()),
            var d when d == typeof(FrozenDictionary<,>) => pairs.ToFrozenDictionary(),
            _ => Activator.CreateInstance(type, pairs),
        };

    static IComparer<T> Order<T>() => typeof(T) == typeof(string) ? (IComparer<T>)StringComparer.Ordinal : Comparer<T>.Default;

    Type Case(Type union)
    {
        var cases = union.GetCustomAttributesData().Where(a => a.AttributeType.Name is "ButlerUnionAttribute" or "UnionAttribute").Select(a => (Type)a.ConstructorArguments[1].Value!).ToList();
        return cases[_random.Next(cases.Count)];
    }

    object Message(Type type, int depth)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var constructor = type.GetConstructors(All).Where(c => !(c.GetParameters() is [var p] && p.ParameterType == type)).MaxBy(c => c.GetParameters().Length);
        var message = constructor is null
            ? Activator.CreateInstance(type)!
            : constructor.Invoke([.. constructor.GetParameters().Select(p => MayBeNull(type, p) && IsNull(Nullability.Create(p), p.ParameterType, depth) ? null : OfMember(p.ParameterType, depth))]);
        var set = constructor?.GetParameters().Select(p => p.Name!).ToHashSet(StringComparer.OrdinalIgnoreCase) ?? [];
        foreach (var property in type.GetProperties(All).Where(p => p.SetMethod is not null && !set.Contains(p.Name) && p.GetCustomAttributes().All(a => a.GetType().Name is not ("ButlerIgnoreAttribute" or "IgnoreMemberAttribute"))))
            property.SetValue(message, IsNull(Nullability.Create(property), property.PropertyType, depth) ? null : OfMember(property.PropertyType, depth));
        foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public))
            field.SetValue(message, OfMember(field.FieldType, depth));
        return message;
    }

    // To reflection a T is nullable wherever it is not constrained.
    static bool MayBeNull(Type type, ParameterInfo parameter) => !type.IsGenericType ||
        type.GetGenericTypeDefinition().GetConstructors().SelectMany(c => c.GetParameters()).All(p => p.Name != parameter.Name || !p.ParameterType.IsGenericParameter);

    object? OfMember(Type type, int depth) => Of(type, depth + 1);

    bool IsNull(NullabilityInfo info, Type type, int depth) =>
        !type.IsValueType && info.WriteState == NullabilityState.Nullable && (depth > 5 || _random.Next(3) == 0);
}
