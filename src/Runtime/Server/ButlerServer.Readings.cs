using ButlerRpc.Diagnostics;
using ButlerRpc.Server;

namespace ButlerRpc;

// What a server shows of itself to whoever collects.
public sealed partial class ButlerServer
{
    sealed class ServerReadings(ButlerServer server) : IReadable
    {
        public string Role => "server";

        public IEnumerable<Reading> Read(Gauge gauge) => server._host.Totals.Read(gauge).Concat(gauge switch
        {
            // An endpoint without a session shows as 0: a line that breaks off says less.
            Gauge.Sessions or Gauge.QueuedBytes => server.Endpoints.Select(e => new Reading(0, null, new ServerName(e))),
            Gauge.CallsInFlight => server.Endpoints.SelectMany(e => new[]
            {
                new Reading(0, "outbound", new ServerName(e)), new Reading(0, "inbound", new ServerName(e)),
            }),
            Gauge.RefusedConnections => Refusal.Kinds.Select(kind => new Reading(server._acceptor.Refused(kind), kind)),
            _ => [],
        });
    }
}
