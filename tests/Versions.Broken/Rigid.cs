using ButlerRpc;

namespace Versions;

/// <summary>What was published in Versions.V1, changed in every way that docs/versioning.md calls a break.</summary>
[ButlerService]
public partial interface IRigid
{
    ValueTask<Retyped> RetypeAsync(Retyped value);

    ValueTask<Remeasured> RemeasureAsync(Remeasured value);

    ValueTask<Narrowed> NarrowAsync(Narrowed value);

    ValueTask<Tightened> TightenAsync(Tightened value);

    ValueTask<Demanding> DemandAsync(Demanding value);

    ValueTask<Shortened> ShortenAsync(Shortened value);

    ValueTask<Shifted> ShiftAsync(Shifted value);

    ValueTask<Swapped> SwapAsync(Swapped value);

    ValueTask<int> MoveAsync(int to, int from);

    ValueTask<Retired> RetireAsync(Retired value);

    ValueTask<Reused> ReuseAsync(Reused value);

    ValueTask<Recoded> RecodeMessageAsync(Recoded value);

    [ButlerMethod(Code = 51)]
    ValueTask<int> RecodeMethodAsync(int value);

    [Throws<Failed>]
    ValueTask<int> RecodeFaultAsync(int value);

    ValueTask<int> AfterAsync(int value);

    ValueTask<Laid> LayAsync(Laid value);

    [ButlerMethod(OneWay = true)]
    ValueTask AnswerAsync(int value);

    IAsyncEnumerable<int> StreamAsync(int value);

    ValueTask<int> CollectAsync(IAsyncEnumerable<int> items, IAsyncEnumerable<int> others);

    ValueTask<int> WorkAsync(int value);
}

[ButlerMessage]
public partial record Retyped(string Id);

[ButlerMessage]
public partial record Remeasured(double Weight);

[ButlerMessage]
public partial record Narrowed(int Id);

[ButlerMessage]
public partial record Tightened(string Note);

[ButlerMessage]
public partial record Demanding(int Id, string Note);

[ButlerMessage]
public partial record Shortened(int Id, int Amount);

[ButlerMessage]
public partial record Shifted(int Id, int Amount);

[ButlerMessage]
public partial record Swapped(int Height, int Width);

[ButlerMessage]
[ButlerReserved(1)]
public partial record Retired(int Id, [ButlerField(2)] int Amount);

[ButlerMessage]
public partial record Reused(int Id, string? Mail);

[ButlerMessage(Code = 41)]
public partial record Recoded(int Id);

[ButlerMessage(Code = 61)]
public partial record Failed(string Why);

[ButlerMessage(Layout = MessageLayout.Map)]
public partial record Laid(int Id);
