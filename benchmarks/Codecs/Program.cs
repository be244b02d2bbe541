using BenchmarkDotNet.Running;
using ButlerRpc.Benchmarks.Codecs;

if (args is ["interleaved"])
    Interleaved.Run(Console.Out);
else
    BenchmarkSwitcher.FromAssembly(typeof(CodecBenchmarks).Assembly).Run(args);
