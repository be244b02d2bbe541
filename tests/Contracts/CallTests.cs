using ButlerRpc.Contracts.External;

namespace ButlerRpc.Contracts.Tests;

sealed class CallTests
{
    [Test]
    public async Task A_service_of_another_assembly_can_be_served_and_called()
    {
        var echo = Loopback.Serve<IEcho>(new Echo());

        Assert.That(await echo.EchoAsync(new Text("hello")), Is.EqualTo(new Text("hello!")));
    }

    sealed class Echo : IEcho
    {
        public ValueTask<Text> EchoAsync(Text text, CancellationToken cancellationToken) => new(new Text(text.Value + "!"));
    }
}
