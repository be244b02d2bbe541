using BenchmarkDotNet.Attributes;

namespace ButlerRpc.Benchmarks.Codecs;

[MemoryDiagnoser]
public class CodecBenchmarks
{
    Contestant _contestant = null!;

    [ParamsSource(nameof(Records))]
    public string Record { get; set; } = "";

    [ParamsSource(nameof(Names))]
    public string Contestant { get; set; } = "";

    public static string[] Records => Contestants.Records;

    public static string[] Names => Contestants.Names;

    [GlobalSetup]
    public void Setup() => _contestant = Contestants.Create(Contestant, Record);

    [Benchmark]
    public int Encode() => _contestant.Encode();

    [Benchmark]
    public object Decode() => _contestant.Decode();
}
