using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ButlerRpc.Samples.Tests;

sealed partial class UploadTests
{
    const int Length = 3_000_000;

    string _folder = "";
    string _store = "";
    string _file = "";
    byte[] _bytes = [];

    string Checksum => Convert.ToHexStringLower(SHA256.HashData(_bytes));

    string Stored => Path.Combine(_store, Checksum);

    [SetUp]
    public void MakeFile()
    {
        _folder = Directory.CreateTempSubdirectory("upload-test-").FullName;
        _store = Directory.CreateDirectory(Path.Combine(_folder, "store")).FullName;
        _file = Path.Combine(_folder, "file");
        _bytes = new byte[Length];
        new Random(7).NextBytes(_bytes);
        File.WriteAllBytes(_file, _bytes);
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task File_goes_on_where_it_was_when_the_server_is_killed()
    {
        var result = await SampleProcess.RunAsync("Upload", "--size", "24", "--rate", "24");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Lines, Has.Some.EqualTo("killing the server in the middle of the file, and starting another one"));
        Assert.That(result.Lines, Has.Some.EqualTo("100 % sent"));
        Assert.That(result.Lines, Has.Some.EqualTo("checked: what is stored is what was sent"));
        var resumed = result.Lines.Select(l => Resumed().Match(l)).Single(m => m.Success);
        Assert.That(long.Parse(resumed.Groups[1].Value), Is.InRange(8 << 20, 24 << 20));
        Assert.That(long.Parse(resumed.Groups[2].Value), Is.LessThan(4 << 20));
    }

    [Test]
    public async Task What_is_stored_is_the_file()
    {
        var result = await SendAsync();

        Assert.That(result.Lines, Has.Some.EqualTo($"stored: {Length} bytes, sha-256 {Checksum}; {Length} bytes were sent"));
        Assert.That(await File.ReadAllBytesAsync(Stored), Is.EqualTo(_bytes));
        Assert.That(Directory.GetFiles(_store), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Empty_file_is_stored_too()
    {
        _bytes = [];
        await File.WriteAllBytesAsync(_file, _bytes);

        await SendAsync();

        Assert.That(await File.ReadAllBytesAsync(Stored), Is.Empty);
    }

    [Test]
    public async Task Upload_that_was_begun_before_sends_the_rest_only()
    {
        const int before = 1_000_000;
        await File.WriteAllBytesAsync(Stored + ".part", _bytes[..before]);

        var result = await SendAsync();

        Assert.That(result.Lines, Has.Some.EqualTo($"stored: {Length} bytes, sha-256 {Checksum}; {Length - before} bytes were sent"));
        Assert.That(await File.ReadAllBytesAsync(Stored), Is.EqualTo(_bytes));
    }

    [Test]
    public async Task Damaged_upload_is_refused_thrown_away_and_can_be_sent_again()
    {
        await File.WriteAllBytesAsync(Stored + ".part", new byte[1_000_000]);

        var damaged = await SendAsync();
        Assert.That(damaged.ExitCode, Is.EqualTo(1), damaged.Text);
        Assert.That(damaged.Lines, Has.Some.StartsWith("not stored: FailedPrecondition: what has come is not what was announced"));
        Assert.That(Directory.GetFiles(_store), Is.Empty);

        Assert.That((await SendAsync()).ExitCode, Is.Zero);
        Assert.That(await File.ReadAllBytesAsync(Stored), Is.EqualTo(_bytes));
    }

    [Test]
    public async Task File_that_is_not_there_is_named()
    {
        var result = await SampleProcess.RunAsync("Upload", "send", "--server", "tcp://127.0.0.1:1", "--file", "/there/is/none");

        Assert.That((result.ExitCode, result.Text), Is.EqualTo((2, "there is no file '/there/is/none'")));
    }

    async Task<SampleResult> SendAsync()
    {
        using var server = SampleProcess.Start("Upload", "serve", "--folder", _store);
        var endpoint = (await server.LineAsync("ready on "))["ready on ".Length..];
        return await SampleProcess.RunAsync("Upload", "send", "--server", endpoint, "--file", _file);
    }

    [GeneratedRegex(@"^resumed: at byte (\d+); (\d+) bytes were sent twice$")]
    private static partial Regex Resumed();
}
