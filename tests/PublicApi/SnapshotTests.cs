using ButlerRpc.Snapshots;

namespace ButlerRpc.PublicApi.Tests;

sealed class SnapshotTests
{
    [Test]
    public void A_difference_names_its_first_line() =>
        Assert.That(Snapshot.Difference("a\nb\nc\n", "a\nx\nc\n"), Is.EqualTo("line 2 was\n    b\nand is\n    x"));

    [Test]
    public void What_is_new_at_the_end_is_a_difference() =>
        Assert.That(Snapshot.Difference("a", "a\nb"), Is.EqualTo("line 2 was\n    the end\nand is\n    b"));

    [Test]
    public void A_snapshot_without_its_test_is_an_orphan() =>
        Assert.That(
            Snapshot.Orphans(GetType().Assembly, ["/x/SnapshotTests.A_test_that_was_removed.verified.txt", "/x/SnapshotTests.A_difference_names_its_first_line.verified.txt"]),
            Is.EqualTo(new[] { "SnapshotTests.A_test_that_was_removed.verified.txt" }));
}
