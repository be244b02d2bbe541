using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace ButlerRpc.Interop.Tests;

/// <summary>An independent MessagePack implementation in a process of its own: a batch of requests in, a batch of answers out.</summary>
public sealed class Peer(string name, string program, string script, string probe)
{
    static readonly string Folder = Path.GetFullPath(Path.Combine(SourceFolder(), "."));

    public static readonly Peer Python = new("python3-msgpack", File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", "peer.py", "import msgpack");
    public static readonly Peer Npm = new("@msgpack/msgpack", "node", "peer.mjs", "await import('@msgpack/msgpack')");

    /// <summary>It knows one kind of number and keys that are strings only.</summary>
    public bool IsJavaScript => program == "node";

    public override string ToString() => name;

    public List<JsonNode?> Ask(IEnumerable<JsonObject> requests)
    {
        RequirePresence();
        var answers = Run([Path.Combine(Folder, script)], string.Concat(requests.Select(r => r.ToJsonString() + "\n")), out var errors, out var exitCode);
        Assert.That(exitCode, Is.Zero, errors);
        return [.. answers.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line))];
    }

    // On a developer's machine a missing peer is no failure; in CI it is.
    void RequirePresence()
    {
        string reason;
        try
        {
            Run(IsJavaScript ? ["--input-type=module", "-e", probe] : ["-c", probe], "", out reason, out var exitCode);
            if (exitCode == 0)
                return;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            reason = e.Message;
        }

        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail($"{name} is missing: {reason}");
        Assert.Ignore($"{name} is missing: {reason}");
    }

    string Run(string[] arguments, string input, out string errors, out int exitCode)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8,
            Environment = { ["PYTHONIOENCODING"] = "utf-8" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        errors = error.GetAwaiter().GetResult();
        exitCode = process.ExitCode;
        return output.GetAwaiter().GetResult();
    }

    static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") =>
        File.Exists(path) ? Path.GetDirectoryName(path)! : Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../");
}
