using ButlerRpc;

namespace Versions;

/// <summary>What was published in Versions.V1, changed in every way that docs/versioning.md calls safe.</summary>
[ButlerService]
public partial interface ISafe
{
    ValueTask<Grown> GrowAsync(Grown value);

    ValueTask<Widened> WidenAsync(Widened value);

    ValueTask<Loosened> LoosenAsync(Loosened value);

    ValueTask<Renamed> RenameMemberAsync(Renamed value);

    ValueTask<Reordered> ReorderAsync(Reordered value);

    ValueTask<Slimmed> SlimAsync(Slimmed value);

    ValueTask<Shape> DrawAsync(Shape value);

    ValueTask<string> PlaceAsync(string order, int copies, bool express = false);

    ValueTask<int> TakeTokenAsync(int value, CancellationToken cancellationToken = default);

    ValueTask<int> TakeContextAsync(int value, CallContext context = default);

    ValueTask<int> DropTokenAsync(int value);

    ValueTask<int> UnpackAsync(int x, int y);

    ValueTask<int> PackAsync(Point point);

    [ButlerMethod(Code = 7)]
    ValueTask<int> TallyAsync(int value);

    [Throws<Refused>]
    ValueTask<int> RefuseAsync(int value);

    ValueTask<Hexagon> NewAsync(Hexagon value);
}

[ButlerMessage]
public partial record Grown(int Id, string? Note, int Copies = 1)
{
    [ButlerField(3)]
    public string Region { get; init; } = "eu";
}

[ButlerMessage]
public partial record Widened(long Id, List<int> Numbers);

[ButlerMessage]
public partial record Loosened(int Id, string? Note);

[ButlerMessage]
public partial record Renamed(int Number, string Buyer);

[ButlerMessage(Layout = MessageLayout.Map)]
public partial record Reordered(string Note, int Id);

[ButlerMessage]
[ButlerReserved(1)]
public partial record Slimmed(int Id, [ButlerField(2)] string Name);

[ButlerMessage]
[ButlerUnion(0, typeof(Circle))]
[ButlerUnion(1, typeof(Hexagon))]
public abstract partial record Shape;

[ButlerMessage]
public partial record Circle(double Radius) : Shape;

[ButlerMessage]
public partial record Hexagon(double Side) : Shape;

[ButlerMessage]
public partial record Point(int X, int Y);

[ButlerMessage(Code = 90)]
public partial record Refused(string Why);
