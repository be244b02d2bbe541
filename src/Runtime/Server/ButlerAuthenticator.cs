using System.Security.Claims;
using System.Security.Cryptography;

namespace ButlerRpc;

/// <summary>What a client shows when it connects.</summary>
/// <param name="Token">Its token; empty when it sent none. At most 4 KiB.</param>
/// <param name="SessionId">The number of the session, unique in time: what a one-time token can be bound to.</param>
/// <param name="RemoteAddress">Where it comes from.</param>
/// <param name="IsEncrypted">True when nobody on the way could read the token.</param>
public sealed record ButlerCredentials(ReadOnlyMemory<byte> Token, ulong SessionId, string RemoteAddress, bool IsEncrypted)
{
    /// <summary>True when the token is <paramref name="secret"/>; takes the same time whatever is different, and how much of it.</summary>
    public bool TokenIs(ReadOnlySpan<byte> secret)
    {
        // Hashed first, so that not even the length can be measured.
        Span<byte> shown = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Token.Span, shown);
        SHA256.HashData(secret, expected);
        return CryptographicOperations.FixedTimeEquals(shown, expected);
    }

    /// <summary>Never shows the token.</summary>
    public override string ToString() => $"{RemoteAddress}, a token of {Token.Length} bytes";
}

/// <summary>Decides who a client is. Null: it is not let in; an exception: likewise, and it is logged.</summary>
/// <param name="credentials">What the client shows.</param>
/// <param name="cancellationToken">Fires when the client has gone, or the handshake's time is over.</param>
public delegate ValueTask<ClaimsPrincipal?> ButlerAuthenticator(ButlerCredentials credentials, CancellationToken cancellationToken);
