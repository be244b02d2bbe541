using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Tests;

sealed class ServiceGenerationTests
{
    const string Message = """
        namespace Shop;
        public sealed class Text : ButlerRpc.Codec.IButlerMessage<Text>
        {
            static ButlerRpc.Codec.MessageCodec<Text> ButlerRpc.Codec.IButlerMessage<Text>.Codec => null!;
        }

        """;

    [Test]
    public void A_service_compiles_without_a_warning()
    {
        var generated = Generated.From(Message + """
            [ButlerRpc.ButlerService]
            public partial interface IEcho
            {
                ValueTask<Text> EchoAsync(Text text, CancellationToken ct = default);
                Task<Text> EchoTaskAsync(Text text, ButlerRpc.CallContext context = default);
                Task DoneTaskAsync(Text text);
                ValueTask DoneAsync(Text text);
                [ButlerRpc.ButlerMethod(OneWay = true)] void Post(Text text);
                [ButlerRpc.ButlerMethod(OneWay = true)] ValueTask SendAsync(Text text);
                [ButlerRpc.ButlerMethod(OneWay = true)] Task SendTaskAsync(Text text);
                IAsyncEnumerable<Text> WatchAsync(Text text, CancellationToken ct = default);
                ValueTask<Text> CollectAsync(Text text, IAsyncEnumerable<Text> items, CancellationToken ct = default);
                Task CollectTaskAsync(Text text, IAsyncEnumerable<Text> items);
                ValueTask DrainAsync(Text text, IAsyncEnumerable<Text> items, IAsyncEnumerable<Text> others);
                IAsyncEnumerable<Text> ChatAsync(Text text, IAsyncEnumerable<Text> items, CancellationToken ct = default);
            }
            """);

        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.StrictDiagnostics(), Is.Empty);
    }

    [Test]
    public void Inherited_and_nested_services_compile_without_a_warning()
    {
        var generated = Generated.From(Message + """
            partial class Outer
            {
                [ButlerRpc.ButlerService]
                internal partial interface IBase { ValueTask<Text> EchoAsync(Text text); }

                [ButlerRpc.ButlerService]
                internal partial interface ILeft : IBase { ValueTask<Text> LeftAsync(Text text); }

                internal interface IRight : IBase { ValueTask<Text> RightAsync(Text text); }

                [ButlerRpc.ButlerService]
                internal partial interface IBoth : ILeft, IRight { ValueTask<Text> BothAsync(Text text); }
            }
            """);

        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.StrictDiagnostics(), Is.Empty);
    }
}
