using System.Security.Claims;
using System.Text;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

public class AuthenticationTests
{
    static readonly byte[] Secret = "open sesame"u8.ToArray();

    [Test]
    public void Wrong_and_unknown_tokens_get_the_same_bytes_and_reach_no_handler()
    {
        Canary.Guards(20, async world =>
        {
            var answers = new List<byte[]>();
            foreach (var token in new[] { "", "wrong", "nobody:open sesame" })
            {
                var peer = await world.DialRawAsync();
                await peer.SendAsync(Wire.Preface, HelloWith(token), Wire.Frame(Wire.Request, 0, 4, 0x0001_0000, [7]));
                answers.Add(await peer.ReadToEndAsync());
            }

            // GOAWAY is sent as well as it can be: unread bytes may turn the end into a reset that overtakes it.
            var goaway = Wire.Frame(Wire.Goaway, 0, (uint)ButlerReason.Unauthenticated, 0, [0, 0, 0, 0]);
            Assert.That(answers, Is.All.Matches<byte[]>(a => a!.Length == 0 || a.AsSpan().SequenceEqual(goaway)));
            Assert.That(world.Probe.Ran, Is.Zero);
        }, o => o with { Authenticator = JudgeAsync(o.Platform!) }, o => o with { Token = static _ => new("ada:open sesame"u8.ToArray()) });
    }

    [Test]
    public void Right_token_makes_the_principal_and_what_came_behind_it_is_served()
    {
        Simulation.RunMany(50, async sim =>
        {
            string? caller = null;
            var world = await World.StartAsync(sim, o => o with { Authenticator = JudgeAsync(sim.Platform) });
            world.Probe.Work = (value, context) =>
            {
                caller = context.Principal?.Identity?.Name;
                return new ValueTask<int>(value);
            };
            var peer = await world.DialRawAsync();
            await peer.SendAsync(Wire.Preface, HelloWith("ada:open sesame"), Wire.Frame(Wire.Request, 0, 2, 0x0001_0000, [7]));
            await peer.ExpectFrameAsync(Wire.Welcome);
            var reply = await peer.ExpectFrameAsync(Wire.Reply);
            Assert.That((caller, reply.Payload), Is.EqualTo(("ada", new byte[] { 7 })));
        });
    }

    [Test]
    public void Authenticator_that_never_decides_is_cut_off_at_the_handshake_limit()
    {
        Simulation.RunMany(10, async sim =>
        {
            var gaveUp = false;
            var world = await World.StartAsync(sim, o => o with
            {
                Authenticator = async (_, cancellationToken) =>
                {
                    try
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, sim.Platform.Time, cancellationToken);
                    }
                    finally
                    {
                        gaveUp = true;
                    }

                    return null;
                },
            });
            var begin = sim.Platform.Milliseconds;
            var peer = await world.DialRawAsync();
            await peer.SendAsync(Wire.Preface, HelloWith("x"));
            await peer.ReadToEndAsync();
            Assert.That(sim.Platform.Milliseconds - begin, Is.InRange(5000, 6100));
            await sim.UntilAsync(() => gaveUp);
        });
    }

    [Test]
    public void Client_is_asked_for_its_token_at_each_dial()
    {
        Simulation.RunMany(20, async sim =>
        {
            var asked = 0;
            var world = await World.StartAsync(sim, o => o with { Authenticator = JudgeAsync(sim.Platform) });
            await using var client = await world.ConnectAsync(o => o with
            {
                AllowTokenInClear = true,
                Token = _ =>
                {
                    asked++;
                    return new ValueTask<ReadOnlyMemory<byte>>("ada:open sesame"u8.ToArray());
                },
            });
            Assert.That(await client.CallAsync(Methods.Work, 5), Is.EqualTo(5));
            Assert.That(asked, Is.EqualTo(1));
        });
    }

    static ButlerAuthenticator JudgeAsync(ButlerPlatform platform) => async (credentials, _) =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(3), platform.Time);
        var text = Encoding.UTF8.GetString(credentials.Token.Span);
        var user = text.Split(':')[0];
        var secret = credentials with { Token = credentials.Token[Math.Min(credentials.Token.Length, user.Length + 1)..] };
        return secret.TokenIs(Secret) && user == "ada" ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], "token")) : null;
    };

    static byte[] HelloWith(string token) => Wire.HelloFrame(token: Encoding.UTF8.GetBytes(token));
}
