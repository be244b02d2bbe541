using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The collections that are known, by the metadata name of their definition.</summary>
static class CollectionForms
{
    const string Spans = "global::ButlerRpc.Codec.MessagePackSpans";
    const string Copied = $"{Spans}.Copy({{0}})";
    const string Immutable = "global::System.Collections.Immutable";
    const string Concurrent = "global::System.Collections.Concurrent";
    const string Generic = "global::System.Collections.Generic";
    const string Objects = "global::System.Collections.ObjectModel";
    const string Frozen = "global::System.Collections.Frozen";

    public static readonly CollectionForm Array = new("{0}", "{0}.Length", "{0}", "Array", "{0}");

    static readonly CollectionForm AnyAsArray = new($"{Spans}.AsSpan({{0}})", "", "", "Array", "{0}");
    static readonly CollectionForm AnyAsList = AnyAsArray with { Via = "List" };
    static readonly CollectionForm Set = Enumerated("Set", "{0}", charge: 64);
    static readonly CollectionForm Dictionary = Enumerated("Dictionary", "{0}", charge: 96);

    static readonly Dictionary<string, CollectionForm> Sequences = new(StringComparer.Ordinal)
    {
        ["System.Collections.Generic.List`1"] = new("global::System.Runtime.InteropServices.CollectionsMarshal.AsSpan({0})", "{0}.Count", "{0}", "List", "{0}"),
        ["System.Collections.Generic.IEnumerable`1"] = AnyAsArray,
        ["System.Collections.Generic.IReadOnlyCollection`1"] = AnyAsArray,
        ["System.Collections.Generic.IReadOnlyList`1"] = AnyAsArray,
        ["System.Collections.Generic.ICollection`1"] = AnyAsList,
        ["System.Collections.Generic.IList`1"] = AnyAsList,
        ["System.Collections.Immutable.ImmutableArray`1"] = new(
            "{0}.AsSpan()", "{0}.Length", "{0}", "Array", "global::System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray({0})"),
        ["System.Memory`1"] = new("{0}.Span", "{0}.Length", "{0}", "Array", "{0}"),
        ["System.ReadOnlyMemory`1"] = new("{0}.Span", "{0}.Length", "{0}", "Array", "{0}"),
        ["System.ArraySegment`1"] = new("{0}", "{0}.Count", "{0}", "Array", "new({0})"),
        ["System.Collections.Generic.Queue`1"] = Enumerated("Array", $"new {Generic}.Queue<{{2}}>({{0}})", charge: 64),
        ["System.Collections.Generic.Stack`1"] = Enumerated("Array", $"new {Generic}.Stack<{{2}}>({Spans}.Reversed({{0}}))", charge: 64),
        ["System.Collections.Generic.LinkedList`1"] = Enumerated("Array", $"new {Generic}.LinkedList<{{2}}>({{0}})", charge: 64, each: 48),
        ["System.Collections.ObjectModel.Collection`1"] = Enumerated("List", $"new {Objects}.Collection<{{2}}>({{0}})", charge: 64),
        ["System.Collections.ObjectModel.ObservableCollection`1"] = Enumerated("List", $"new {Objects}.ObservableCollection<{{2}}>({{0}})", charge: 128),
        ["System.Collections.ObjectModel.ReadOnlyCollection`1"] = Enumerated("Array", $"new {Objects}.ReadOnlyCollection<{{2}}>({{0}})", charge: 64),
        ["System.Collections.Concurrent.ConcurrentQueue`1"] = Snapshot($"new {Concurrent}.ConcurrentQueue<{{2}}>({{0}})", charge: 1024, each: 16),
        ["System.Collections.Concurrent.ConcurrentStack`1"] = Snapshot($"new {Concurrent}.ConcurrentStack<{{2}}>({Spans}.Reversed({{0}}))", charge: 128, each: 32),
        ["System.Collections.Concurrent.ConcurrentBag`1"] = Snapshot($"new {Concurrent}.ConcurrentBag<{{2}}>({{0}})", charge: 1024, each: 16),
        ["System.Collections.Generic.HashSet`1"] = Set,
        ["System.Collections.Generic.ISet`1"] = Set,
        ["System.Collections.Generic.IReadOnlySet`1"] = Set,
        ["System.Collections.Generic.SortedSet`1"] = Enumerated("Array", $"new {Generic}.SortedSet<{{2}}>({{0}}, {{4}})", charge: 128, each: 48),
        ["System.Collections.Immutable.ImmutableList`1"] = Enumerated("Array", $"{Immutable}.ImmutableList.Create({{0}})", charge: 64, each: 64),
        ["System.Collections.Immutable.IImmutableList`1"] = Enumerated("Array", $"{Immutable}.ImmutableList.Create({{0}})", charge: 64, each: 64),
        ["System.Collections.Immutable.ImmutableHashSet`1"] = Enumerated("Array", $"{Immutable}.ImmutableHashSet.Create({{1}}, {{0}})", charge: 128, each: 112),
        ["System.Collections.Immutable.IImmutableSet`1"] = Enumerated("Array", $"{Immutable}.ImmutableHashSet.Create({{1}}, {{0}})", charge: 128, each: 112),
        ["System.Collections.Immutable.ImmutableSortedSet`1"] = Enumerated("Array", $"{Immutable}.ImmutableSortedSet.Create({{4}}, {{0}})", charge: 64, each: 64),
        ["System.Collections.Immutable.ImmutableQueue`1"] = Snapshot($"{Immutable}.ImmutableQueue.Create({{0}})", charge: 64, each: 64, toArray: "global::System.Linq.Enumerable.ToArray({0})"),
        ["System.Collections.Immutable.IImmutableQueue`1"] = Snapshot($"{Immutable}.ImmutableQueue.Create({{0}})", charge: 64, each: 64, toArray: "global::System.Linq.Enumerable.ToArray({0})"),
        ["System.Collections.Immutable.ImmutableStack`1"] = Snapshot($"{Immutable}.ImmutableStack.Create({Spans}.Reversed({{0}}))", charge: 64, each: 32, toArray: "global::System.Linq.Enumerable.ToArray({0})"),
        ["System.Collections.Immutable.IImmutableStack`1"] = Snapshot($"{Immutable}.ImmutableStack.Create({Spans}.Reversed({{0}}))", charge: 64, each: 32, toArray: "global::System.Linq.Enumerable.ToArray({0})"),
        ["System.Collections.Frozen.FrozenSet`1"] = new(
            "{0}.Items.AsSpan()", "{0}.Count", "{0}", "Array", $"{Frozen}.FrozenSet.ToFrozenSet({{0}}, {{1}})", Charge: 512, ChargeEach: 128),
    };

    static readonly Dictionary<string, CollectionForm> Maps = new(StringComparer.Ordinal)
    {
        ["System.Collections.Generic.Dictionary`2"] = Dictionary,
        ["System.Collections.Generic.IDictionary`2"] = Dictionary,
        ["System.Collections.Generic.IReadOnlyDictionary`2"] = Dictionary,
        ["System.Collections.Generic.SortedDictionary`2"] = Enumerated("Dictionary", $"new {Generic}.SortedDictionary<{{2}}, {{3}}>({{0}}, {{4}})", charge: 256, each: 64),
        ["System.Collections.Generic.SortedList`2"] = Enumerated("Dictionary", $"new {Generic}.SortedList<{{2}}, {{3}}>({{0}}, {{4}})", charge: 256, each: 32),
        ["System.Collections.ObjectModel.ReadOnlyDictionary`2"] = Enumerated("Dictionary", $"new {Objects}.ReadOnlyDictionary<{{2}}, {{3}}>({{0}})", charge: 160),
        ["System.Collections.Concurrent.ConcurrentDictionary`2"] = Snapshot(
            $"new {Concurrent}.ConcurrentDictionary<{{2}}, {{3}}>({{0}}, {{1}})", charge: 2048, each: 64, via: "Dictionary"),
        ["System.Collections.Immutable.ImmutableDictionary`2"] = Enumerated("Dictionary", $"{Immutable}.ImmutableDictionary.CreateRange({{1}}, {{0}})", charge: 256, each: 128),
        ["System.Collections.Immutable.IImmutableDictionary`2"] = Enumerated("Dictionary", $"{Immutable}.ImmutableDictionary.CreateRange({{1}}, {{0}})", charge: 256, each: 128),
        ["System.Collections.Immutable.ImmutableSortedDictionary`2"] = Enumerated("Dictionary", $"{Immutable}.ImmutableSortedDictionary.CreateRange({{4}}, {{0}})", charge: 256, each: 64),
        ["System.Collections.Frozen.FrozenDictionary`2"] = Enumerated("Dictionary", $"{Frozen}.FrozenDictionary.ToFrozenDictionary({{0}}, {{1}})", charge: 768, each: 128),
    };

    static readonly Dictionary<string, CollectionForm> Binaries = new(StringComparer.Ordinal)
    {
        ["System.Memory`1"] = new("{0}.Span", "", "", "", Copied),
        ["System.ReadOnlyMemory`1"] = new("{0}.Span", "", "", "", Copied),
        ["System.ArraySegment`1"] = new("{0}", "", "", "", $"new({Copied})"),
        ["System.Collections.Immutable.ImmutableArray`1"] = new(
            "{0}.AsSpan()", "", "", "", $"global::System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray({Copied})"),
    };

    public static readonly CollectionForm ByteArray = new("{0}", "", "", "", Copied);

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Names => Sequences.Keys.Concat(Maps.Keys).Concat(Binaries.Keys);

    public static CollectionForm? OfSequence(string metadataName) => Sequences.TryGetValue(metadataName, out var form) ? form : null;

    public static CollectionForm? OfMap(string metadataName) => Maps.TryGetValue(metadataName, out var form) ? form : null;

    public static CollectionForm? OfBytes(string metadataName) => Binaries.TryGetValue(metadataName, out var form) ? form : null;

    static CollectionForm Enumerated(string via, string build, int charge = 0, int each = 0) => new(null, "{0}.Count", "{0}", via, build, charge, each);

    // What may change while it is walked, or does not know its length, is copied first: the count on the wire and the elements must agree.
    static CollectionForm Snapshot(string build, int charge, int each, string via = "Array", string toArray = "{0}.ToArray()") =>
        new(toArray, "{0}.Length", "{0}", via, build, charge, each);
}
