namespace ButlerRpc.Samples.Tests;

/// <summary>The samples of the other wires.</summary>
sealed class WiresTests
{
    [Test]
    public async Task Iproto_calls_and_is_called_back_over_the_wire_of_go_iproto()
    {
        var result = await SampleProcess.RunAsync("Iproto");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Lines, Is.SupersetOf(new[]
        {
            "client | the server asks: may I show you user 7? Yes.",
            "client | user 7 is Ada, in mathematics and engines, with a quota of 300",
            "server | user 7 has visited page 1; visits: 1",
            "client | Msg 3 gave back 9 bytes",
        }));
    }

    [Test]
    public async Task Iproto_runs_in_two_processes()
    {
        using var server = SampleProcess.Start("Iproto", "server", "iproto://127.0.0.1:0");
        var ready = await server.LineAsync("server | ready on ");

        var client = await SampleProcess.RunAsync("Iproto", "client", ready.Split(' ')[4].TrimEnd(';'));
        server.CloseInput();
        var served = await server.ResultAsync();

        Assert.That(client.Lines, Does.Contain("client | user 7 is Ada, in mathematics and engines, with a quota of 300"));
        Assert.That((client.ExitCode, served.ExitCode), Is.EqualTo((0, 0)), client.Text + served.Text);
    }

    [Test]
    public async Task Protobuf_exchanges_messages_with_this_library_and_without_it()
    {
        var result = await SampleProcess.RunAsync("Protobuf");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Lines, Is.EqualTo(new[]
        {
            "roof: 1 readings, mean 20.5",
            "roof: 2 readings, mean 20.8",
            "roof: 3 readings, mean 21.0",
            "cellar: 1 readings, mean 12.0",
        }));
    }

    [Test]
    public async Task Lines_speaks_the_protocol_that_it_brings()
    {
        var result = await SampleProcess.RunAsync("Lines");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Lines, Is.EquivalentTo(new[]
        {
            "watcher | colour is blue",
            "client  | SET colour blue: ok",
            "client  | GET colour: blue",
            "client  | GET shape: error there is no shape",
            "client  | DANCE: error what is that?",
        }));
    }
}
