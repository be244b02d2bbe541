using ButlerRpc;

namespace Upload.Contracts;

/// <summary>What file it is.</summary>
[ButlerMessage]
public sealed partial record FileId(long Length, [property: ButlerMaxLength(32)] ReadOnlyMemory<byte> Sha256);

/// <summary>The bytes that were sent do not follow those that are here.</summary>
[ButlerMessage(Code = 301)]
public sealed partial record WrongOffset(long Offset, long Here);

/// <summary>All the bytes have come, and they are not the file that was announced. They were thrown away.</summary>
[ButlerMessage(Code = 302)]
public sealed partial record Damaged([property: ButlerMaxLength(32)] ReadOnlyMemory<byte> Sha256);
