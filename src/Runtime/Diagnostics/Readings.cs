using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using ButlerRpc.Platform;

namespace ButlerRpc.Diagnostics;

/// <summary>What can be read off a client or a server.</summary>
enum Gauge
{
    Sessions,
    CallsInFlight,
    CallsWaiting,
    QueuedBytes,
    TransferredBytes,
    LateAnswers,
    EndedSessions,
    Dials,
    Ejections,
    Retries,
    RefusedConnections,
}

/// <summary>One number read off a client or a server, with what tells it from its like.</summary>
/// <param name="Value">The number.</param>
/// <param name="Label">The value of the instrument's own attribute, such as the direction; null: it has none.</param>
/// <param name="Server">The server it concerns; null: no one in particular.</param>
readonly record struct Reading(long Value, string? Label = null, ServerName? Server = null);

/// <summary>A client or a server: whoever has something to read. Asked on the thread of whoever collects, at most a few times a second.</summary>
interface IReadable
{
    /// <summary><c>client</c> or <c>server</c>.</summary>
    string Role { get; }

    IEnumerable<Reading> Read(Gauge gauge);
}

/// <summary>
/// The instruments that are only read when somebody collects. Counters are kept where things happen anyway, as plain numbers, so that no listener runs there
/// and nothing is paid when there is none.
/// </summary>
static class Readings
{
    // Weak: whoever forgets to dispose of a client leaks that client's sessions, and nothing more.
    static readonly ConditionalWeakTable<IReadable, object?> s_sources = [];

    /// <summary>Makes the instruments.</summary>
    public static void Observe(Meter meter)
    {
        UpDown(meter, Gauge.Sessions, "butlerrpc.sessions", "{session}", "Sessions that have not ended.");
        UpDown(meter, Gauge.CallsInFlight, "butlerrpc.calls.in_flight", "{call}", "Calls without their final frame.", "butlerrpc.direction");
        UpDown(meter, Gauge.CallsWaiting, "butlerrpc.calls.waiting", "{call}", "Calls that wait for a session, a slot or room in a queue.");
        UpDown(meter, Gauge.QueuedBytes, "butlerrpc.send_queue", "By", "Bytes that wait to be sent.");
        Counter(meter, Gauge.TransferredBytes, "butlerrpc.io", "By", "Bytes sent and received.", "butlerrpc.direction");
        Counter(meter, Gauge.LateAnswers, "butlerrpc.late_answers", "{frame}", "Frames that came for a call that had ended.");
        Counter(meter, Gauge.EndedSessions, "butlerrpc.sessions.ended", "{session}", "Sessions that have ended, by why.", "butlerrpc.reason");
        Counter(meter, Gauge.Dials, "butlerrpc.client.dials", "{dial}", "Attempts to connect.", "butlerrpc.outcome");
        Counter(meter, Gauge.Ejections, "butlerrpc.client.ejections", "{ejection}", "Endpoints left alone because they did not answer.");
        Counter(meter, Gauge.Retries, "butlerrpc.client.retries", "{call}", "Calls that were made again.", "butlerrpc.retry");
        Counter(meter, Gauge.RefusedConnections, "butlerrpc.server.refused_connections", "{connection}", "Connections that were not let in, by why.", "butlerrpc.refusal");
    }

    public static void Add(IReadable source, ButlerScheduler scheduler)
    {
        s_sources.AddOrUpdate(source, null);
        Telemetry.Prepare(scheduler);
    }

    public static void Remove(IReadable source) => s_sources.Remove(source);

    /// <summary>Forgets all: for tests, which must not read what others have left.</summary>
    public static void Clear() => s_sources.Clear();

    static void UpDown(Meter meter, Gauge gauge, string name, string unit, string description, string? label = null) =>
        meter.CreateObservableUpDownCounter(name, () => Read(gauge, label), unit, description);

    static void Counter(Meter meter, Gauge gauge, string name, string unit, string description, string? label = null) =>
        meter.CreateObservableCounter(name, () => Read(gauge, label), unit, description);

    // One number for all that have the same attributes: a process may have several clients of one server.
    static IEnumerable<Measurement<long>> Read(Gauge gauge, string? label) => s_sources
        .SelectMany(source => source.Key.Read(gauge).Select(reading => (source.Key.Role, Reading: reading)))
        .GroupBy(r => (r.Role, r.Reading.Label, r.Reading.Server?.Address, r.Reading.Server?.Port))
        .Select(alike => new Measurement<long>(alike.Sum(r => r.Reading.Value), Tags(alike.Key.Role, label, alike.First().Reading)));

    static List<KeyValuePair<string, object?>> Tags(string role, string? label, Reading reading)
    {
        List<KeyValuePair<string, object?>> tags = [new("butlerrpc.role", role)];
        if (label is not null && reading.Label is not null)
            tags.Add(new(label, reading.Label));
        if (reading.Server is { } server)
        {
            tags.Add(new("server.address", server.Address));
            if (server.Port is { } port)
                tags.Add(new("server.port", port));
        }

        return tags;
    }
}
