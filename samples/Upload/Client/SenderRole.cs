using ButlerRpc;
using Microsoft.Extensions.Configuration;
using Upload.Contracts;

namespace Upload.Client;

static class SenderRole
{
    const int MostAttempts = 10;

    public static async Task<int> RunAsync(IConfiguration options)
    {
        if (options["server"] is not { Length: > 0 } endpoint || options["file"] is not { Length: > 0 } file)
            return Refuse("say where the server is, and what to send: send --server tcp://host:port --file FILE");
        if (!File.Exists(file))
            return Refuse($"there is no file '{file}'");
        try
        {
            var (sender, checksum) = await SendAsync(endpoint, file, options.GetValue("rate", 0L) << 20, Progress.Of(Console.IsOutputRedirected));
            Console.WriteLine($"stored: {new FileInfo(file).Length} bytes, sha-256 {Convert.ToHexStringLower(checksum)}; {sender.BytesSent} bytes were sent");
            return ExitCodes.Done;
        }
        catch (ButlerException e)
        {
            Console.Error.WriteLine($"not stored: {e.Status}: {e.Message}; send it again, and it goes on where it was");
            return ExitCodes.Failed;
        }
    }

    public static async Task<(Sender Sender, byte[] Checksum)> SendAsync(
        string endpoint, string file, long bytesPerSecond, Progress progress, Action<long>? onSent = null)
    {
        await using var client = ButlerClient.Open(endpoint, new ButlerClientOptions { LongestBackoff = TimeSpan.FromSeconds(1) });
        var sender = new Sender(client.Create<IUploads>(), file, bytesPerSecond, progress.Note);
        var checksum = await progress.ShowAsync(new FileInfo(file).Length, show =>
        {
            sender.OnSent = bytes =>
            {
                show(bytes);
                onSent?.Invoke(bytes);
            };
            return sender.SendAsync(MostAttempts);
        });
        return (sender, checksum);
    }

    static int Refuse(string why)
    {
        Console.Error.WriteLine(why);
        return ExitCodes.Usage;
    }
}
