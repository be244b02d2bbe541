using System.Collections;
using MessagePack;

namespace MessagePack
{
    /// <summary>The attributes of another library, by their full names.</summary>
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    public sealed class MessagePackObjectAttribute(bool keyAsPropertyName = false) : Attribute
    {
        public bool KeyAsPropertyName => keyAsPropertyName;
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class KeyAttribute : Attribute
    {
        public KeyAttribute(int index) => Key = index;

        public KeyAttribute(string name) => Key = name;

        public object Key { get; }
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class IgnoreMemberAttribute : Attribute;

    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, AllowMultiple = true)]
    public sealed class UnionAttribute(int key, Type subType) : Attribute
    {
        public int Key => key;

        public Type SubType => subType;
    }

    [AttributeUsage(AttributeTargets.Constructor)]
    public sealed class SerializationConstructorAttribute : Attribute;
}

namespace ButlerRpc.Codec.Tests
{
    [MessagePackObject]
    public class ForeignOrder
    {
        [Key(0)]
        public int Id { get; set; }

        [Key(2)]
        public Guid Reference { get; set; }

        [Key(3)]
        public decimal Price { get; set; }

        [Key(4)]
        public DateTimeOffset At { get; set; }

        [Key(5)]
        public BitArray Flags { get; set; } = new(0);

        [Key(6)]
        public DateTime Due { get; set; }

        [Key(7)]
        public List<DateTimeOffset?>? History { get; set; }

        [IgnoreMember]
        public object? Ignored { get; set; }
    }

    [MessagePackObject(true)]
    public class ForeignNames
    {
        public string? Name { get; set; }

        public int Count { get; set; }
    }

    [Union(0, typeof(ForeignPoint))]
    [Union(7, typeof(ForeignText))]
    public interface IForeign;

    [MessagePackObject]
    public class ForeignPoint : IForeign
    {
        public ForeignPoint(int unused) => X = unused;

        [SerializationConstructor]
        public ForeignPoint(int x, int y) => (X, Y) = (x, y);

        [Key("x")]
        public int X { get; }

        [Key("y")]
        public int Y { get; }
    }

    [MessagePackObject]
    public class ForeignText : IForeign
    {
        [Key(0)]
        public string? Text { get; set; }
    }

    [ButlerMessage]
    public partial record Foreigners(ForeignOrder Order, List<ForeignNames> Names, IForeign Any, ForeignPoint? Point);
}
