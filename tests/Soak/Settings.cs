using System.Globalization;

namespace ButlerRpc.Soak;

/// <summary>What happens to connections and processes while calls are made.</summary>
[Flags]
enum Faults
{
    None = 0,

    /// <summary>Connections break.</summary>
    Cut = 1,

    /// <summary>Nothing passes for a while.</summary>
    Freeze = 2,

    /// <summary>A process drains, leaves, and comes back.</summary>
    Drain = 4,

    /// <summary>A process is killed, and comes back.</summary>
    Kill = 8,

    /// <summary>A process stands still for a while.</summary>
    Pause = 16,

    /// <summary>Clients in processes of their own come, are killed and go.</summary>
    Guests = 32,

    /// <summary>Hundreds of clients come at once and leave in the middle.</summary>
    Crowd = 64,

    All = 127,
}

/// <summary>What is asked for.</summary>
sealed record Settings
{
    public const string Usage =
        """
        options, each with a value:
          --seconds 20        how long calls are made
          --workers 40        how many are made at once
          --via direct        direct: clients and servers; broker: consumers, a broker and providers
          --faults all        none, all, or some of cut,freeze,drain,kill,pause,guests,crowd
          --only NAMES        some of the calls' names, joined by commas; default: all
          --seed NUMBER       repeats the decisions of a run; default: another one each time
          --logs FOLDER       where the processes' logs stay; default: they stay only if something was wrong
        """;

    public double Seconds { get; init; } = 20;

    public int Workers { get; init; } = 40;

    public bool ThroughBroker { get; init; }

    public Faults Faults { get; init; } = Faults.All;

    public IReadOnlyList<string> Only { get; init; } = [];

    public int Seed { get; init; } = Random.Shared.Next();

    public string? Logs { get; init; }

    /// <exception cref="ArgumentException">An option or a value that there is not.</exception>
    public static Settings Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count % 2 == 1)
            throw new ArgumentException($"{arguments[^1]} has no value");
        var settings = new Settings();
        foreach (var pair in arguments.Chunk(2))
            settings = settings.With(pair[0], pair[1]);
        return settings;
    }

    /// <summary>The chance of one decision: the same for the same seed.</summary>
    public Random Dice(string what, long number)
    {
        var hash = (ulong)(uint)Seed;
        foreach (var letter in what)
            hash = Mix(hash ^ letter);
        return new Random((int)Mix(hash ^ (ulong)number));
    }

    Settings With(string name, string value) => name switch
    {
        "--seconds" => this with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
        "--workers" => this with { Workers = int.Parse(value, CultureInfo.InvariantCulture) },
        "--via" when value is "direct" or "broker" => this with { ThroughBroker = value == "broker" },
        "--faults" => this with { Faults = Enum.Parse<Faults>(value, ignoreCase: true) },
        "--only" => this with { Only = value.Split(',') },
        "--seed" => this with { Seed = int.Parse(value, CultureInfo.InvariantCulture) },
        "--logs" => this with { Logs = value },
        _ => throw new ArgumentException($"there is no {name} {value}"),
    };

    static ulong Mix(ulong value) // SplitMix64
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
