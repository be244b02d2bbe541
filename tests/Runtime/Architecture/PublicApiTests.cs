using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Architecture;

/// <summary>
/// The public API against a checked-in listing, so that a change of it is seen in review. <c>BUTLER_ACCEPT=1</c> accepts the present state; not where CI is set.
/// </summary>
public class PublicApiTests
{
    [Test]
    public void Public_API_is_the_approved_one()
    {
        var listing = string.Join("\n", ApiListing.Of(typeof(ButlerClient).Assembly)) + "\n";
        var path = Repository.Path("tests", "Runtime", "PublicApi.approved.txt");
        var approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        if (listing == approved)
            return;
        if (Environment.GetEnvironmentVariable("BUTLER_ACCEPT") == "1")
        {
            Assert.That(Environment.GetEnvironmentVariable("CI"), Is.Null.Or.Empty, "an API is not accepted in CI");
            File.WriteAllText(path, listing);
            return;
        }

        var was = approved.Split('\n');
        var now = listing.Split('\n');
        Assert.Fail(
            "The public API has changed. If that is meant, run the test with BUTLER_ACCEPT=1 and commit PublicApi.approved.txt.\n" +
            string.Join("\n", was.Except(now).Select(line => "- " + line).Concat(now.Except(was).Select(line => "+ " + line))));
    }
}
