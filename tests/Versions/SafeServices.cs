extern alias v1;
extern alias v2;

using ButlerRpc.Calls;
using V1 = v1::Versions;
using V2 = v2::Versions;

namespace ButlerRpc.Versions.Tests;

/// <summary>Gives back what it gets, as the first build of the contract knows it.</summary>
sealed class OldSafe : V1.ISafe
{
    public object? Seen { get; set; }

    public ValueTask<V1.Grown> GrowAsync(V1.Grown value) => Echo(value);

    public ValueTask<V1.Widened> WidenAsync(V1.Widened value) => Echo(value);

    public ValueTask<V1.Loosened> LoosenAsync(V1.Loosened value) => Echo(value);

    public ValueTask<V1.Renamed> RenameMemberAsync(V1.Renamed value) => Echo(value);

    public ValueTask<V1.Reordered> ReorderAsync(V1.Reordered value) => Echo(value);

    public ValueTask<V1.Slimmed> SlimAsync(V1.Slimmed value) => Echo(value);

    public ValueTask<V1.Shape> DrawAsync(V1.Shape value) => Echo(value);

    public ValueTask<string> PlaceAsync(string order, int copies) => Echo($"{order} {copies}");

    public ValueTask<int> TakeTokenAsync(int value) => Echo(value);

    public ValueTask<int> TakeContextAsync(int value) => Echo(value);

    public ValueTask<int> DropTokenAsync(int value, CancellationToken cancellationToken) => Echo(value);

    public ValueTask<int> UnpackAsync(V1.Point point) => Echo((10 * point.X) + point.Y);

    public ValueTask<int> PackAsync(int x, int y) => Echo((10 * x) + y);

    public ValueTask<int> CountAsync(int value) => Echo(value + 1);

    public ValueTask<int> RefuseAsync(int value) => throw new ButlerException(ButlerStatus.FailedPrecondition, "not today");

    ValueTask<T> Echo<T>(T value)
    {
        Seen = value;
        return new(value);
    }
}

/// <summary>Gives back what it gets, as the second build knows it.</summary>
sealed class NewSafe : V2.ISafe
{
    public object? Seen { get; set; }

    public ValueTask<V2.Grown> GrowAsync(V2.Grown value) => Echo(value);

    public ValueTask<V2.Widened> WidenAsync(V2.Widened value) => Echo(value);

    public ValueTask<V2.Loosened> LoosenAsync(V2.Loosened value) => Echo(value);

    public ValueTask<V2.Renamed> RenameMemberAsync(V2.Renamed value) => Echo(value);

    public ValueTask<V2.Reordered> ReorderAsync(V2.Reordered value) => Echo(value);

    public ValueTask<V2.Slimmed> SlimAsync(V2.Slimmed value) => Echo(value);

    public ValueTask<V2.Shape> DrawAsync(V2.Shape value) => Echo(value);

    public ValueTask<string> PlaceAsync(string order, int copies, bool express) => Echo($"{order} {copies} {express}");

    public ValueTask<int> TakeTokenAsync(int value, CancellationToken cancellationToken) => Echo(value);

    public ValueTask<int> TakeContextAsync(int value, CallContext context) => Echo(value);

    public ValueTask<int> DropTokenAsync(int value) => Echo(value);

    public ValueTask<int> UnpackAsync(int x, int y) => Echo((10 * x) + y);

    public ValueTask<int> PackAsync(V2.Point point) => Echo((10 * point.X) + point.Y);

    public ValueTask<int> TallyAsync(int value) => Echo(value + 1);

    public ValueTask<int> RefuseAsync(int value) => throw new ButlerFaultException<V2.Refused>(new V2.Refused("not today"));

    public ValueTask<V2.Hexagon> NewAsync(V2.Hexagon value) => Echo(value);

    ValueTask<T> Echo<T>(T value)
    {
        Seen = value;
        return new(value);
    }
}
