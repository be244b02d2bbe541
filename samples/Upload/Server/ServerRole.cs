using ButlerRpc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Upload.Contracts;

namespace Upload.Server;

static class ServerRole
{
    public static async Task<int> RunAsync(IConfiguration options)
    {
        var folder = options["folder"] ?? Path.Combine(Path.GetTempPath(), "butler-uploads");
        Directory.CreateDirectory(folder);
        // Without a log nobody would learn why a handler failed: its caller is told an error id, and the log has the rest.
        using var log = LoggerFactory.Create(l => l.AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        await using var server = await ButlerServer.StartAsync(
            options["listen"] ?? "tcp://127.0.0.1:0", s => s.Add<IUploads>(new UploadService(folder, Console.WriteLine)),
            new ButlerServerOptions { LoggerFactory = log });
        Console.WriteLine($"ready on {string.Join(',', server.Endpoints)}");
        // It ends when its input does, as it does when the process that started it is gone; on a terminal with Ctrl+D.
        using var input = Console.OpenStandardInput();
        await input.CopyToAsync(Stream.Null);
        return 0;
    }
}
