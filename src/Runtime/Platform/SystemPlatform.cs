#pragma warning disable RS0030 // This is the production half of the platform: the one place where banned things are used.
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace ButlerRpc.Platform;

/// <summary>The real clock, pool, random numbers and names, with the transports it is given.</summary>
public sealed class SystemPlatform(IReadOnlyList<ITransport> transports) : ButlerPlatform
{
    internal static TimeProvider Clock => TimeProvider.System;

    /// <inheritdoc/>
    public override TimeProvider Time => Clock;

    /// <inheritdoc/>
    public override long Milliseconds => Environment.TickCount64;

    /// <inheritdoc/>
    public override ButlerScheduler Scheduler => SystemScheduler.Instance;

    /// <inheritdoc/>
    public override ButlerRandom Random { get; } = new SystemRandom();

    /// <inheritdoc/>
    public override INameResolver Names { get; } = new SystemNames();

    /// <inheritdoc/>
    public override IReadOnlyList<ITransport> Transports { get; } = transports;

    sealed class SystemRandom : ButlerRandom
    {
        public override void NextBytes(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

        public override double NextDouble() => System.Random.Shared.NextDouble();
    }

    sealed class SystemNames : INameResolver
    {
        public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken) =>
            IPAddress.TryParse(host, out var address) ? new([address]) : LookUpAsync(host, cancellationToken);

        static async ValueTask<IReadOnlyList<IPAddress>> LookUpAsync(string host, CancellationToken cancellationToken)
        {
            try
            {
                var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
                return addresses.Length > 0 ? addresses : throw new IOException($"the name '{host}' has no address");
            }
            catch (SocketException e)
            {
                throw new IOException($"the name '{host}' cannot be resolved: {e.Message}", e);
            }
        }
    }
}
