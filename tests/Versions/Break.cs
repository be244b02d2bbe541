extern alias broken;
extern alias v1;

using Broken = broken::Versions;
using V1 = v1::Versions;

namespace ButlerRpc.Versions.Tests;

/// <summary>A change that peers built before do not understand.</summary>
/// <param name="Row">Its row in docs/versioning.md.</param>
/// <param name="Rule">The error at build time.</param>
/// <param name="BuildText">What the error says, or its beginning.</param>
/// <param name="Place">What the failure at connect names.</param>
/// <param name="Old">A caller built before, with a server built after.</param>
/// <param name="New">The other way round.</param>
public sealed record Break(string Row, string Rule, string BuildText, string Place, Func<V1.IRigid, Task> Old, Func<Broken.IRigid, Task> New)
{
    const string Type = "another type (`int` → `string`, `float` → `double`)";
    const string Narrower = "a narrower integer, `T?` → `T`";
    const string Required = "a new required member";
    const string Gone = "a member removed without reserving its index";
    const string Order = "members of the array layout, or arguments, in another order";
    const string Retired = "a member retired that is never nil";
    const string Reused = "a retired index used again";
    const string Code = "another code for a message or method";
    const string Hash = "a method renamed or moved whose code is a hash";
    const string Layout = "Array ↔ Map";
    const string Kind = "unary ↔ one-way ↔ streams, a stream parameter added or removed";

    /// <summary>Those whose shapes never fit: a call of the method is refused before it is made.</summary>
    public static readonly Break[] Shapes =
    [
        new(Type, "BRPC3004", "field 0 was int32, is string", "Versions.Retyped field 0 (Id)", o => o.RetypeAsync(new(1)).AsTask(), n => n.RetypeAsync(new("1")).AsTask()),
        new(Type, "BRPC3004", "field 0 was float32, is float64", "Versions.Remeasured field 0 (Weight)", o => o.RemeasureAsync(new(1)).AsTask(), n => n.RemeasureAsync(new(1)).AsTask()),
        new(Required, "BRPC3007", "field 1 (Note) is new and required", "Versions.Demanding field 1 (Note)", o => o.DemandAsync(new(1)).AsTask(), n => n.DemandAsync(new(1, "a")).AsTask()),
        new(Gone, "BRPC3005", "field 1 was Customer, is Amount", "Versions.Shortened field 1", o => o.ShortenAsync(new(1, "a", 2)).AsTask(), n => n.ShortenAsync(new(1, 2)).AsTask()),
        new(Gone, "BRPC3005", "field 1 was Price, is Amount", "Versions.Shifted field 1", o => o.ShiftAsync(new(1, 2, 3)).AsTask(), n => n.ShiftAsync(new(1, 3)).AsTask()),
        new(Order, "BRPC3005", "field 0 was Width, is Height", "Versions.Swapped field 0", o => o.SwapAsync(new(1, 2)).AsTask(), n => n.SwapAsync(new(2, 1)).AsTask()),
        new(Order, "BRPC3004", "Versions.IRigid.MoveAsync field 0 (from)", "Versions.IRigid.MoveAsync field 0", o => o.MoveAsync(1, 2).AsTask(), n => n.MoveAsync(2, 1).AsTask()),
        new(Retired, "BRPC3005", "field 1 (Note) was 'string' and is retired", "Versions.Retired field 1 (Note)", o => o.RetireAsync(new(1, "a", 2)).AsTask(), n => n.RetireAsync(new(1, 2)).AsTask()),
        new(Reused, "BRPC3005", "index 1 is retired and cannot be used for Mail", "Versions.Reused field 1", o => o.ReuseAsync(new(1, 2)).AsTask(), n => n.ReuseAsync(new(1, "a")).AsTask()),
        new(Code, "BRPC3003", "the code of Versions.Failed was 60, is 61", "Versions.Failed", o => o.RecodeFaultAsync(1).AsTask(), n => n.RecodeFaultAsync(1).AsTask()),
        new(Layout, "BRPC3004", "Versions.Laid was an array, is a map", "Versions.Laid", o => o.LayAsync(new(1)).AsTask(), n => n.LayAsync(new(1)).AsTask()),
        new(Kind, "BRPC3004", "Versions.IRigid.AnswerAsync: it is oneway for the caller", "Versions.IRigid.AnswerAsync", o => o.AnswerAsync(1).AsTask(), n => n.AnswerAsync(1).AsTask()),
        new(Kind, "BRPC3004", "Versions.IRigid.StreamAsync: it is serverstream for the caller", "Versions.IRigid.StreamAsync", o => o.StreamAsync(1).AsTask(), n => Drain(n.StreamAsync(1))),
        new(Kind, "BRPC3004", "Versions.IRigid.CollectAsync stream 2", "Versions.IRigid.CollectAsync stream 2", o => o.CollectAsync(None()).AsTask(), n => n.CollectAsync(None(), None()).AsTask()),
    ];

    /// <summary>Those where the other side does not know what is called.</summary>
    public static readonly Break[] Codes =
    [
        new(Code, "BRPC3003", "the code of Versions.Recoded was 40, is 41", "Versions.IRigid.RecodeMessageAsync", o => o.RecodeMessageAsync(new(1)).AsTask(), n => n.RecodeMessageAsync(new(1)).AsTask()),
        new(Code, "BRPC3003", "the code of Versions.IRigid.RecodeMethodAsync was 50, is 51", "Versions.IRigid.RecodeMethodAsync", o => o.RecodeMethodAsync(1).AsTask(), n => n.RecodeMethodAsync(1).AsTask()),
        new(Hash, "BRPC3005", "method Versions.IRigid.BeforeAsync is gone", "Versions.IRigid.", o => o.BeforeAsync(1).AsTask(), n => n.AfterAsync(1).AsTask()),
    ];

    /// <summary>Those that are a widening when seen from the other side: only the values that do not fit fail, when they come.</summary>
    public static readonly Break[] Values =
    [
        new(Narrower, "BRPC3004", "field 0 was int64, is int32", "Narrowed.Id", o => o.NarrowAsync(new(long.MaxValue)).AsTask(), n => n.NarrowAsync(new(1)).AsTask()),
        new(Narrower, "BRPC3004", "field 0 was string?, is string", "Tightened.Note", o => o.TightenAsync(new(null)).AsTask(), n => n.TightenAsync(new("a")).AsTask()),
    ];

    public static IEnumerable<Break> All => [.. Shapes, .. Codes, .. Values];

    public override string ToString() => $"{Row}: {Place}";

    static async Task Drain(IAsyncEnumerable<int> items)
    {
        await foreach (var item in items)
            throw new AssertionException($"the stream gave {item}");
    }

    static async IAsyncEnumerable<int> None()
    {
        await Task.CompletedTask;
        yield break;
    }
}
