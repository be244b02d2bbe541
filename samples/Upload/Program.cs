using Microsoft.Extensions.Configuration;
using Upload;
using Upload.Client;
using Upload.Demo;
using Upload.Server;

// The demonstration: a large file is sent, and the server killed meanwhile.
//         --file FILE         default: a file of random bytes, of
//         --size MIB          MiB; default 64
//         --rate MIB          no more than so many MiB in a second; default 32, 0: as fast as it goes
// serve   --listen ENDPOINT   default: a free port of this machine
//         --folder FOLDER     where files are stored
// send    --server ENDPOINT --file FILE [--rate MIB]
var role = args is [var first, ..] && !first.StartsWith('-') ? first : "";
var options = new ConfigurationBuilder().AddCommandLine([.. role.Length > 0 ? args.Skip(1) : args]).Build();
return role switch
{
    "" => await Demonstration.RunAsync(options),
    "serve" => await ServerRole.RunAsync(options),
    "send" => await SenderRole.RunAsync(options),
    _ => Refuse(),
};

static int Refuse()
{
    Console.Error.WriteLine("either [--file FILE] [--size MIB] [--rate MIB], or: serve [--listen ENDPOINT] [--folder FOLDER], or: send --server ENDPOINT --file FILE");
    return ExitCodes.Usage;
}
