using System.Globalization;

namespace ButlerRpc.Benchmarks.Load;

/// <summary>One row of the grid: what is called, how large it is, and by how many callers at once over how many sessions.</summary>
sealed record Workload(WorkloadKind Kind, int PayloadBytes, int Callers, int Sessions)
{
    /// <summary>The rows that are run when none are named.</summary>
    public static readonly IReadOnlyList<Workload> Standard =
    [
        new(WorkloadKind.Unary, 32, 1, 1),
        new(WorkloadKind.Unary, 32, 64, 1),
        new(WorkloadKind.Unary, 32, 256, 1),
        new(WorkloadKind.Bulk, 1 << 20, 4, 1),
        new(WorkloadKind.Unary, 32, 4, 1),
        new(WorkloadKind.Mixed, 1 << 20, 4, 1),
    ];

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
            var callers = $"{Callers} {(Callers == 1 ? "caller" : "callers")}{sessions}";
            return Kind == WorkloadKind.Mixed ? $"32 B echo beside {size} replies, {callers}" : $"{size} echo, {callers}";
        }
    }

    /// <summary>The row that this one is compared with: the same calls with nothing beside them. Null: none.</summary>
    public Workload? Alone => Kind == WorkloadKind.Mixed ? new Workload(WorkloadKind.Unary, 32, Callers, Sessions) : null;

    /// <summary>Reads <see cref="Id"/>.</summary>
    public static Workload Parse(string id)
    {
        var parts = id.Split(':');
        if (parts.Length != 4 || !Enum.TryParse<WorkloadKind>(parts[0], ignoreCase: true, out var kind) || char.IsDigit(parts[0][0]))
            throw new FormatException($"'{id}' is not a row; it reads kind:bytes:callers:sessions, such as unary:32:64:1, bulk:1048576:4:1 or mixed:1048576:4:1");
        var numbers = parts[1..].Select(p => int.Parse(p, NumberStyles.None, CultureInfo.InvariantCulture)).ToArray();
        return new Workload(kind, numbers[0], numbers[1], numbers[2]);
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
}
