using System.Security.Cryptography;
using Launching;
using Microsoft.Extensions.Configuration;
using Upload.Client;

namespace Upload.Demo;

/// <summary>
/// Sends a large file to a server in a process of its own, kills the server when less than half of the file has been sent, starts another one on its port and
/// folder, and checks that the file was stored as it is and that only a little of it was sent twice.
/// </summary>
static class Demonstration
{
    // What may be on its way when the server is killed: the credit of a stream (256 KiB), the send queue (1 MiB), and the buffers of the sockets.
    const long MostTwice = 8 << 20;

    public static async Task<int> RunAsync(IConfiguration options)
    {
        var folder = Directory.CreateTempSubdirectory("butler-upload-").FullName;
        try
        {
            var file = options["file"] ?? MakeFile(Path.Combine(folder, "large.bin"), options.GetValue("size", 64L) << 20);
            if (!File.Exists(file))
            {
                Console.Error.WriteLine($"there is no file '{file}'");
                return ExitCodes.Usage;
            }

            return await RunAsync(folder, file, options.GetValue("rate", 32L) << 20);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task<int> RunAsync(string folder, string file, long bytesPerSecond)
    {
        var progress = Progress.Of(Console.IsOutputRedirected);
        var store = Path.Combine(folder, "store");
        await using var first = StartServer("tcp://127.0.0.1:0", store, progress);
        if (await first.LineAsync("ready on ") is not { } endpoint)
            return EndedEarly();

        var length = new FileInfo(file).Length;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = SenderRole.SendAsync(endpoint, file, bytesPerSecond, progress, sent =>
        {
            if (sent * 5 >= length * 2)
                reached.TrySetResult();
        });
        if (await Task.WhenAny(reached.Task, sending) == sending)
            await sending; // it has failed, and says why
        progress.Note("killing the server in the middle of the file, and starting another one");
        await first.KillAsync();
        await using var second = StartServer(endpoint, store, progress);
        if (await second.LineAsync("ready on ") is null)
            return EndedEarly();
        var (sender, checksum) = await sending;
        second.CloseInput();
        var stopped = await second.ExitAsync();
        return Check(sender, checksum, file, store) ? stopped : ExitCodes.Failed;
    }

    // It does not take the server's word for it.
    static bool Check(Sender sender, byte[] checksum, string file, string store)
    {
        var length = new FileInfo(file).Length;
        var stored = Directory.GetFiles(store);
        var twice = sender.BytesSent - length;
        var isWhole = stored is [var only] && new FileInfo(only).Length == length && HashOf(only).AsSpan().SequenceEqual(HashOf(file)) && HashOf(file).AsSpan().SequenceEqual(checksum);
        var wentOn = sender.ResumedAt is [> 0, ..] && twice is >= 0 and < MostTwice;
        Console.WriteLine($"stored: {length} bytes, sha-256 {Convert.ToHexStringLower(checksum)}");
        Console.WriteLine($"resumed: at byte {string.Join(", ", sender.ResumedAt)}; {twice} bytes were sent twice");
        Console.WriteLine(isWhole && wentOn ? "checked: what is stored is what was sent" : "WRONG: " + (isWhole ? "it did not go on where it was" : "what is stored is not what was sent"));
        return isWhole && wentOn;
    }

    static byte[] HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return SHA256.HashData(stream);
    }

    static ChildProcess StartServer(string endpoint, string store, Progress progress) =>
        ChildProcess.Start("Upload", "server", ["serve", "--listen", endpoint, "--folder", store], progress.Note);

    static string MakeFile(string path, long bytes)
    {
        var random = new Random(1);
        var block = new byte[1 << 20];
        using var stream = File.Create(path);
        for (var left = bytes; left > 0; left -= block.Length)
        {
            random.NextBytes(block);
            stream.Write(block.AsSpan(0, (int)Math.Min(left, block.Length)));
        }

        return path;
    }

    static int EndedEarly()
    {
        Console.Error.WriteLine("the server ended before it was ready");
        return ExitCodes.Failed;
    }
}
