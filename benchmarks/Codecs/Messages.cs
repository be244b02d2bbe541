using System.Text.Json.Serialization;
using ButlerRpc.Codec;
using Google.Protobuf.WellKnownTypes;

namespace ButlerRpc.Benchmarks.Codecs;

/// <summary>A record of three members, alone and in a list.</summary>
[ButlerMessage]
public sealed partial record Part(int Number, string Name, double Weight);

/// <summary>The reference record: what a message of a business looks like.</summary>
[ButlerMessage]
public sealed partial record Reference(long Id, string Name, int[] Numbers, double Price, DateTime Created, Part Main, List<Part> Parts)
{
    public static Reference Sample { get; } = new(
        1_234_567_890_123, "a string of 24 ASCII ch.", [.. Enumerable.Range(0, 16).Select(i => i * i * 50)], 1234.5678,
        new DateTime(2026, 11, 21, 12, 30, 45, 678, DateTimeKind.Utc), new Part(7, "main part", 0.5), [.. Enumerable.Range(0, 8).Select(i => new Part(i * 100, $"part no {i}", i * 1.5))]);

    public Protobuf.Reference ToProtobuf() => new()
    {
        Id = Id, Name = Name, Numbers = { Numbers }, Price = Price, Created = Timestamp.FromDateTime(Created), Main = ToProtobuf(Main), Parts = { Parts.Select(ToProtobuf) },
    };

    static Protobuf.Part ToProtobuf(Part part) => new() { Number = part.Number, Name = part.Name, Weight = part.Weight };
}

/// <summary>Eight members, none of them nested.</summary>
[ButlerMessage]
public sealed partial record Flat(int A, long B, bool C, double D, string E, float F, uint G, int H)
{
    public static Flat Sample { get; } = new(1, 1_000_000_000_000, true, 2.5, "nineteen characters", 1.5f, 70_000, -5);

    public Protobuf.Flat ToProtobuf() => new() { A = A, B = B, C = C, D = D, E = E, F = F, G = G, H = H };
}

/// <summary>A thousand integers.</summary>
[ButlerMessage]
public sealed partial record Many(int[] Numbers)
{
    public static Many Sample { get; } = new([.. Enumerable.Range(0, 1000).Select(i => i * i)]);

    public Protobuf.Many ToProtobuf() => new() { Numbers = { Numbers } };
}

[JsonSerializable(typeof(Reference))]
[JsonSerializable(typeof(Flat))]
[JsonSerializable(typeof(Many))]
sealed partial class Json : JsonSerializerContext;
