using System.Collections;
using System.Reflection;
using System.Text;

namespace ButlerRpc.Codec.Tests;

/// <summary>Compares values member by member, and tells the path to the first difference.</summary>
public static class Structural
{
    public static string? Difference(object? left, object? right, string path = "")
    {
        if (left is null || right is null)
            return ReferenceEquals(left, right) ? null : $"{path}: {left ?? "null"} and {right ?? "null"}";
        if (left is float or double or Half or System.Numerics.Complex)
            return Bits(left).SequenceEqual(Bits(right)) ? null : $"{path}: {left} and {right}";
        if (left is decimal a && right is decimal b)
            return decimal.GetBits(a).SequenceEqual(decimal.GetBits(b)) ? null : $"{path}: {a} and {b}";
        if (left is StringBuilder)
            return left.ToString() == right.ToString() ? null : $"{path}: different text";
        var type = left.GetType();
        if (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Memory<>) || type.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>)))
            return Difference(Elements(left), Elements(right), path);
        if (left is string || type.IsPrimitive || type.IsEnum || left is RawMessage or Uri or Version || (type.Namespace == "System" && left is IEquatable<DateTime> or IEquatable<Guid>))
            return left.Equals(right) ? null : $"{path}: {left} and {right}";
        if (left is IDictionary map && right is IDictionary other)
            return Maps(map, other, path);
        if (left is IEnumerable items)
            return Sequences([.. items.Cast<object?>()], [.. ((IEnumerable)right).Cast<object?>()], path, HasNoOrder(type));
        return type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true && !type.IsGenericType
            ? left.Equals(right) ? null : $"{path}: {left} and {right}"
            : Members(left, right, path);
    }

    static string? Members(object left, object right, string path)
    {
        if (left.GetType() != right.GetType())
            return $"{path}: {left.GetType()} and {right.GetType()}";
        for (var type = left.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (Difference(field.GetValue(left), field.GetValue(right), $"{path}.{field.Name.Trim('<').Split('>')[0]}") is { } difference)
                    return difference;
            }
        }

        return null;
    }

    static string? Sequences(List<object?> left, List<object?> right, string path, bool anyOrder)
    {
        if (left.Count != right.Count)
            return $"{path}: {left.Count} and {right.Count} elements";
        if (anyOrder)
            return left.All(l => right.Any(r => Difference(l, r) is null)) ? null : $"{path}: different elements";
        for (var i = 0; i < left.Count; i++)
        {
            if (Difference(left[i], right[i], $"{path}[{i}]") is { } difference)
                return difference;
        }

        return null;
    }

    static string? Maps(IDictionary left, IDictionary right, string path)
    {
        if (left.Count != right.Count)
            return $"{path}: {left.Count} and {right.Count} pairs";
        foreach (DictionaryEntry entry in left)
        {
            if (!right.Contains(entry.Key))
                return $"{path}: no key {entry.Key}";
            if (Difference(entry.Value, right[entry.Key], $"{path}[{entry.Key}]") is { } difference)
                return difference;
        }

        return null;
    }

    static object? Elements(object memory) => typeof(Structural).GetMethod(nameof(ElementsOf), BindingFlags.Static | BindingFlags.NonPublic)!
        .MakeGenericMethod(memory.GetType().GetGenericArguments()).Invoke(null, [memory]);

    static T[] ElementsOf<T>(object memory) => memory is Memory<T> writable ? writable.ToArray() : ((ReadOnlyMemory<T>)memory).ToArray();

    static bool HasNoOrder(Type type) => type.Name == "ConcurrentBag`1" || type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlySet<>)) || type.Name.Contains("Set", StringComparison.Ordinal);

    static byte[] Bits(object value) => value switch
    {
        float f => BitConverter.GetBytes(f),
        double d => BitConverter.GetBytes(d),
        Half h => BitConverter.GetBytes(h),
        System.Numerics.Complex c => [.. BitConverter.GetBytes(c.Real), .. BitConverter.GetBytes(c.Imaginary)],
        _ => throw new ArgumentException($"{value} has no bits"),
    };
}
