using ButlerRpc.Client;
using ButlerRpc.Diagnostics;

namespace ButlerRpc;

// What a client shows of itself to whoever collects.
public sealed partial class ButlerClient
{
    readonly RetryStatistics _retries = new();

    sealed class ClientReadings(ButlerClient client) : IReadable
    {
        public string Role => "client";

        public IEnumerable<Reading> Read(Gauge gauge) => client._host.Totals.Read(gauge).Concat(gauge switch
        {
            // Endpoints without a session, and those without anything in flight, show as 0: a line that breaks off says less.
            Gauge.Sessions or Gauge.QueuedBytes => client._pool.Endpoints.Select(e => new Reading(0, null, new ServerName(e))),
            Gauge.CallsInFlight => client._pool.Endpoints.SelectMany(e => new[]
            {
                new Reading(0, "outbound", new ServerName(e)), new Reading(0, "inbound", new ServerName(e)),
            }),
            Gauge.CallsWaiting => [new Reading(client.WaitingForSession)],
            Gauge.Dials =>
            [
                new Reading(Volatile.Read(ref client._pool.Statistics.Dials) - Volatile.Read(ref client._pool.Statistics.DialFailures), "begun"),
                new Reading(Volatile.Read(ref client._pool.Statistics.DialFailures), "failed"),
            ],
            Gauge.Ejections => [new Reading(Volatile.Read(ref client._pool.Statistics.Ejections))],
            Gauge.Retries =>
            [
                new Reading(Volatile.Read(ref client._retries.Moves), "move"),
                new Reading(Volatile.Read(ref client._retries.Retries), "retry"),
                new Reading(Volatile.Read(ref client._retries.Hedges), "hedge"),
            ],
            _ => [],
        });
    }

    int WaitingForSession
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }
}
