namespace ButlerRpc.Samples.Tests;

sealed class BrokerTests
{
    [Test]
    public async Task All_quotes_are_right_although_a_provider_was_killed()
    {
        var result = await SampleProcess.RunAsync("BrokerSample", "--consumers", "5", "--quotes", "40");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Text, Does.Contain("provider 2 was killed").And.Match(@"right +: 200 of 200 quotes").And.Match(@"failed +: 0"));
    }
}
