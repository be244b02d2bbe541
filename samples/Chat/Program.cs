using Chat;
using Chat.Client;
using Chat.Demo;
using Chat.Server;
using Microsoft.Extensions.Configuration;

// Without arguments: the demonstration, which starts all the others.
//
// serve   --listen ENDPOINT   default: a free port of this machine
//         --journal FILE      where everything that is said is kept
// join    --server ENDPOINT --name NAME
//         --say N --with M    says N things once M are in the room, and leaves when it has heard all; without: what is typed is said
var options = new ConfigurationBuilder().AddCommandLine([.. args.Skip(1)]).Build();
return args switch
{
    [] => await Demonstration.RunAsync(),
    ["serve", ..] => await ServerRole.RunAsync(options),
    ["join", ..] => await ParticipantRole.RunAsync(options),
    _ => Refuse(),
};

static int Refuse()
{
    Console.Error.WriteLine("either nothing, or: serve [--listen ENDPOINT] [--journal FILE], or: join --server ENDPOINT --name NAME");
    return ExitCodes.Usage;
}
