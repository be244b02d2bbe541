using ButlerRpc;

namespace Versions;

/// <summary>What will be broken: the other half is in Versions.Broken.</summary>
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

    ValueTask<int> MoveAsync(int from, int to);

    ValueTask<Retired> RetireAsync(Retired value);

    ValueTask<Reused> ReuseAsync(Reused value);

    ValueTask<Recoded> RecodeMessageAsync(Recoded value);

    [ButlerMethod(Code = 50)]
    ValueTask<int> RecodeMethodAsync(int value);

    [Throws<Failed>]
    ValueTask<int> RecodeFaultAsync(int value);

    ValueTask<int> BeforeAsync(int value);

    ValueTask<Laid> LayAsync(Laid value);

    ValueTask AnswerAsync(int value);

    ValueTask<int> StreamAsync(int value);

    ValueTask<int> CollectAsync(IAsyncEnumerable<int> items);

    ValueTask<int> WorkAsync(int value);
}

[ButlerMessage]
public partial record Retyped(int Id);

[ButlerMessage]
public partial record Remeasured(float Weight);

[ButlerMessage]
public partial record Narrowed(long Id);

[ButlerMessage]
public partial record Tightened(string? Note);

[ButlerMessage]
public partial record Demanding(int Id);

[ButlerMessage]
public partial record Shortened(int Id, string Customer, int Amount);

[ButlerMessage]
public partial record Shifted(int Id, int Price, int Amount);

[ButlerMessage]
public partial record Swapped(int Width, int Height);

[ButlerMessage]
public partial record Retired(int Id, string Note, int Amount);

[ButlerMessage]
public partial record Reused(int Id, int? Fax);

[ButlerMessage(Code = 40)]
public partial record Recoded(int Id);

[ButlerMessage(Code = 60)]
public partial record Failed(string Why);

[ButlerMessage]
public partial record Laid(int Id);
