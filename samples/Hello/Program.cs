using ButlerRpc;

await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add<IGreeter>(new Greeter()));
await using var client = await ButlerClient.ConnectAsync($"{server.Endpoints[0]}");
IGreeter greeter = client.Create<IGreeter>();
Console.WriteLine((await greeter.HelloAsync(new Hello("Ada"))).Text);

[ButlerMessage(Code = 1)] public partial record Hello(string Name);
[ButlerMessage(Code = 2)] public partial record Greeting(string Text);
[ButlerService] public partial interface IGreeter { ValueTask<Greeting> HelloAsync(Hello hello, CancellationToken ct = default); }
sealed class Greeter : IGreeter { public ValueTask<Greeting> HelloAsync(Hello h, CancellationToken ct) => new(new Greeting($"Hello {h.Name}")); }
