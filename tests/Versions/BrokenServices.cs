extern alias broken;
extern alias v1;

using Broken = broken::Versions;
using V1 = v1::Versions;

namespace ButlerRpc.Versions.Tests;

/// <summary>Serves what still fits; that a method which does not fit is reached is a failure of its own.</summary>
sealed class OldRigid : V1.IRigid
{
    public ValueTask<V1.Retyped> RetypeAsync(V1.Retyped value) => throw Reached();

    public ValueTask<V1.Remeasured> RemeasureAsync(V1.Remeasured value) => throw Reached();

    public ValueTask<V1.Narrowed> NarrowAsync(V1.Narrowed value) => new(new V1.Narrowed(long.MaxValue));

    public ValueTask<V1.Tightened> TightenAsync(V1.Tightened value) => new(new V1.Tightened(null));

    public ValueTask<V1.Demanding> DemandAsync(V1.Demanding value) => throw Reached();

    public ValueTask<V1.Shortened> ShortenAsync(V1.Shortened value) => throw Reached();

    public ValueTask<V1.Shifted> ShiftAsync(V1.Shifted value) => throw Reached();

    public ValueTask<V1.Swapped> SwapAsync(V1.Swapped value) => throw Reached();

    public ValueTask<int> MoveAsync(int from, int to) => throw Reached();

    public ValueTask<V1.Retired> RetireAsync(V1.Retired value) => throw Reached();

    public ValueTask<V1.Reused> ReuseAsync(V1.Reused value) => throw Reached();

    public ValueTask<V1.Recoded> RecodeMessageAsync(V1.Recoded value) => throw Reached();

    public ValueTask<int> RecodeMethodAsync(int value) => throw Reached();

    public ValueTask<int> RecodeFaultAsync(int value) => throw Reached();

    public ValueTask<int> BeforeAsync(int value) => throw Reached();

    public ValueTask<V1.Laid> LayAsync(V1.Laid value) => throw Reached();

    public ValueTask AnswerAsync(int value) => throw Reached();

    public ValueTask<int> StreamAsync(int value) => throw Reached();

    public ValueTask<int> CollectAsync(IAsyncEnumerable<int> items) => throw Reached();

    public ValueTask<int> WorkAsync(int value) => new(value + 1);

    static InvalidOperationException Reached() => new("the method was reached");
}

/// <inheritdoc cref="OldRigid"/>
sealed class BrokenRigid : Broken.IRigid
{
    public ValueTask<Broken.Retyped> RetypeAsync(Broken.Retyped value) => throw Reached();

    public ValueTask<Broken.Remeasured> RemeasureAsync(Broken.Remeasured value) => throw Reached();

    public ValueTask<Broken.Narrowed> NarrowAsync(Broken.Narrowed value) => new(value);

    public ValueTask<Broken.Tightened> TightenAsync(Broken.Tightened value) => new(value);

    public ValueTask<Broken.Demanding> DemandAsync(Broken.Demanding value) => throw Reached();

    public ValueTask<Broken.Shortened> ShortenAsync(Broken.Shortened value) => throw Reached();

    public ValueTask<Broken.Shifted> ShiftAsync(Broken.Shifted value) => throw Reached();

    public ValueTask<Broken.Swapped> SwapAsync(Broken.Swapped value) => throw Reached();

    public ValueTask<int> MoveAsync(int to, int from) => throw Reached();

    public ValueTask<Broken.Retired> RetireAsync(Broken.Retired value) => throw Reached();

    public ValueTask<Broken.Reused> ReuseAsync(Broken.Reused value) => throw Reached();

    public ValueTask<Broken.Recoded> RecodeMessageAsync(Broken.Recoded value) => throw Reached();

    public ValueTask<int> RecodeMethodAsync(int value) => throw Reached();

    public ValueTask<int> RecodeFaultAsync(int value) => throw Reached();

    public ValueTask<int> AfterAsync(int value) => throw Reached();

    public ValueTask<Broken.Laid> LayAsync(Broken.Laid value) => throw Reached();

    public ValueTask AnswerAsync(int value) => throw Reached();

    public IAsyncEnumerable<int> StreamAsync(int value) => throw Reached();

    public ValueTask<int> CollectAsync(IAsyncEnumerable<int> items, IAsyncEnumerable<int> others) => throw Reached();

    public ValueTask<int> WorkAsync(int value) => new(value + 1);

    static InvalidOperationException Reached() => new("the method was reached");
}
