using ButlerRpc;

namespace Chat.Contracts;

/// <summary>What somebody says. <paramref name="Number"/> counts the author's own remarks.</summary>
[ButlerMessage]
public sealed partial record Remark([property: ButlerMaxLength(32)] string Author, int Number, [property: ButlerMaxLength(2000)] string Text);

/// <summary>A remark as the room has it: line 1, 2, 3 … without a gap.</summary>
[ButlerMessage]
public sealed partial record ChatLine(long Number, Remark Remark);

/// <summary>What somebody has missed, or a part of it.</summary>
[ButlerMessage]
public sealed partial record CatchUp(IReadOnlyList<ChatLine> Missed);

/// <summary>Somebody of that name is in the room.</summary>
[ButlerMessage(Code = 201)]
public sealed partial record NameTaken(string Name);

/// <summary>Nobody of that name is in the room.</summary>
[ButlerMessage(Code = 202)]
public sealed partial record NotHere(string Name);
