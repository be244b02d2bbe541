using System.Globalization;

namespace ButlerRpc.Benchmarks.Load;

/// <summary>One row of the grid: what is called, how large it is, and by how many callers at once over how many sessions.</summary>
/// <param name="Kind">What is called.</param>
/// <param name="PayloadBytes">The size of a payload.</param>
/// <param name="Callers">Calls or streams at once; in an open loop: calls per second.</param>
/// <param name="Sessions">Sessions between which the callers are divided.</param>
sealed record Workload(WorkloadKind Kind, int PayloadBytes, int Callers, int Sessions)
{
    /// <summary>The form that stands on command lines and in files: <c>unary:32:64:1</c>.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Kind.ToString().ToLowerInvariant()}:{PayloadBytes}:{Callers}:{Sessions}");

    /// <summary>The form that stands in tables.</summary>
    public string Title
    {
        get
        {
            var size = PayloadBytes switch
            {
                >= 1 << 20 => $"{PayloadBytes >> 20} MiB",
                >= 1 << 10 => $"{PayloadBytes >> 10} KiB",
                _ => $"{PayloadBytes} B",
            };
            var sessions = Sessions == 1 ? "" : $", {Sessions} sessions";
            string Count(string one, string many) => $"{Callers} {(Callers == 1 ? one : many)}{sessions}";
            return Kind switch
            {
                WorkloadKind.Mixed => $"32 B echo beside {size} replies, {Count("caller", "callers")}",
                WorkloadKind.Apart => $"32 B echo beside {size} replies on another session, {Count("caller", "callers")}",
                WorkloadKind.ServerStream => $"server stream of {size} items, {Count("stream", "streams")}",
                WorkloadKind.ClientStream => $"client stream of {size} items, {Count("stream", "streams")}",
                WorkloadKind.Duplex => $"duplex stream of {size} items, {Count("stream", "streams")}",
                WorkloadKind.Paced => $"{size} echo, open loop of {Callers} a second, 1 % take 10 ms more",
                WorkloadKind.PacedBlocking => $"{size} echo, open loop of {Callers} a second, 1 % block their thread for 10 ms",
                WorkloadKind.CancelStorm => $"calls cancelled while the handler waits, {Count("caller", "callers")}",
                _ => $"{size} echo, {Count("caller", "callers")}",
            };
        }
    }

    /// <summary>What the rate counts.</summary>
    public string Unit => IsStream ? "items" : "calls";

    public bool IsStream => Kind is WorkloadKind.ServerStream or WorkloadKind.ClientStream or WorkloadKind.Duplex;

    /// <summary>The clock decides when a call is made, not the answer to the one before.</summary>
    public bool IsPaced => Kind is WorkloadKind.Paced or WorkloadKind.PacedBlocking;

    /// <summary>Those who count for themselves.</summary>
    public int Lanes => IsPaced ? 1 : Callers;

    /// <summary>The row that this one is compared with: the same calls with nothing beside them. Null: none.</summary>
    public Workload? Alone => Kind is WorkloadKind.Mixed or WorkloadKind.Apart ? new Workload(WorkloadKind.Unary, 32, Callers, Sessions) : null;

    /// <summary>An echo of so many bytes: small ones are four numbers, the others a block.</summary>
    public static Workload Echo(int bytes, int callers, int sessions = 1) => new(bytes == 32 ? WorkloadKind.Unary : WorkloadKind.Bulk, bytes, callers, sessions);

    /// <summary>Reads <see cref="Id"/>.</summary>
    public static Workload Parse(string id)
    {
        var parts = id.Split(':');
        if (parts.Length != 4 || !Enum.TryParse<WorkloadKind>(parts[0], ignoreCase: true, out var kind) || char.IsDigit(parts[0][0]))
        {
            throw new FormatException(
                $"'{id}' is not a row; it reads kind:bytes:callers:sessions, such as unary:32:64:1 or bulk:1048576:4:1; " +
                $"kinds are {string.Join(", ", Enum.GetNames<WorkloadKind>().Select(n => n.ToLowerInvariant()))}");
        }

        var numbers = parts[1..].Select(Number).ToArray();
        return kind is WorkloadKind.Bulk or WorkloadKind.Mixed or WorkloadKind.Apart || numbers[0] == 32
            ? new Workload(kind, numbers[0], numbers[1], numbers[2])
            : throw new FormatException($"'{id}' has payloads of {numbers[0]} bytes; those of {parts[0]} have 32");

        int Number(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"'{id}' is not a row: '{text}' is not a number above 0");
    }
}

enum WorkloadKind
{
    /// <summary>Four 64-bit numbers there and back.</summary>
    Unary,

    /// <summary>A block of bytes there and back.</summary>
    Bulk,

    /// <summary>
    /// As <see cref="Unary"/>, while one caller more takes blocks of bytes, one after the other, over the first of the same sessions. Only the small calls are counted
    /// and timed.
    /// </summary>
    Mixed,

    /// <summary>As <see cref="Mixed"/>, but the blocks come over a session of their own: what they cost the small calls is the machine's time, not their place in a queue.</summary>
    Apart,

    /// <summary>Items of four 64-bit numbers from the server.</summary>
    ServerStream,

    /// <summary>The same from the client.</summary>
    ClientStream,

    /// <summary>The same from the client and back.</summary>
    Duplex,

    /// <summary>
    /// <see cref="Unary"/> at a fixed rate, whatever the answers do; the handler of one call in a hundred takes 10 ms more. Latency counts from the time at which a call was to be
    /// made, and only the other ninety-nine are in it.
    /// </summary>
    Paced,

    /// <summary>As <see cref="Paced"/>, but the slow handlers block their thread.</summary>
    PacedBlocking,

    /// <summary>Calls that are cancelled as soon as their handler runs. Latency counts from there to the end of the call.</summary>
    CancelStorm,
}
