using System.Reflection;

namespace ButlerRpc.Codec.Tests;

/// <summary>A codec without its type, for tests that walk over all messages.</summary>
public abstract class Codecs
{
    public abstract Type Type { get; }

    public abstract byte[] Encode(object value);

    public abstract object Decode(byte[] bytes);

    public static Codecs Of(Type type) => (Codecs)typeof(Codecs).GetMethod(nameof(Create), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(null, null)!;

    /// <summary>The messages of an assembly that have a codec.</summary>
    public static IEnumerable<Type> Messages(Assembly assembly) => assembly.GetTypes()
        .Where(t => !t.ContainsGenericParameters && t.GetNestedType("ButlerCodec", BindingFlags.Public | BindingFlags.NonPublic) is not null)
        .OrderBy(t => t.FullName, StringComparer.Ordinal);

    public override string ToString() => Type.Name;

    static Codecs Create<T>()
        where T : IButlerMessage<T> => new Typed<T>();

    sealed class Typed<T> : Codecs
        where T : IButlerMessage<T>
    {
        public override Type Type => typeof(T);

        public override byte[] Encode(object value) => Wire.Encode((T)value);

        public override object Decode(byte[] bytes) => Wire.Decode<T>(bytes);
    }
}
