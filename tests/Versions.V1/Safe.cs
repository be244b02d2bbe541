using ButlerRpc;

namespace Versions;

/// <summary>What will change safely: the other half is in Versions.V2.</summary>
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

    ValueTask<string> PlaceAsync(string order, int copies);

    ValueTask<int> TakeTokenAsync(int value);

    ValueTask<int> TakeContextAsync(int value);

    ValueTask<int> DropTokenAsync(int value, CancellationToken cancellationToken = default);

    ValueTask<int> UnpackAsync(Point point);

    ValueTask<int> PackAsync(int x, int y);

    [ButlerMethod(Code = 7)]
    ValueTask<int> CountAsync(int value);

    ValueTask<int> RefuseAsync(int value);
}

[ButlerMessage]
public partial record Grown(int Id);

[ButlerMessage]
public partial record Widened(int Id, List<short> Numbers);

[ButlerMessage]
public partial record Loosened(int Id, string Note);

[ButlerMessage]
public partial record Renamed(int Id, string Customer);

[ButlerMessage(Layout = MessageLayout.Map)]
public partial record Reordered(int Id, string Note);

[ButlerMessage]
public partial record Slimmed(int Id, string? Fax, string Name);

[ButlerMessage]
[ButlerUnion(0, typeof(Circle))]
public abstract partial record Shape;

[ButlerMessage]
public partial record Circle(double Radius) : Shape;

[ButlerMessage]
public partial record Point(int X, int Y);
