namespace ButlerRpc.Snapshots;

sealed class SnapshotOrphanTests
{
    [Test]
    public void Every_snapshot_belongs_to_a_test()
    {
        var files = Directory.EnumerateFiles(Snapshot.Folder, "*.verified.*");

        Assert.That(Snapshot.Orphans(GetType().Assembly, files), Is.Empty);
    }
}
