using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>
/// A caller that blocks on a context with one thread, as a user interface has, does not deadlock: every public async method is called there with Wait().
/// </summary>
public class WaitTests
{
    static readonly string[] Waited =
    [
        "ButlerClient.ConnectAsync", "ButlerClient.WaitUntilReadyAsync", "ButlerClient.WaitUntilAllReadyAsync", "ButlerClient.DisposeAsync", "ButlerServer.StartAsync", "ButlerServer.StopAsync", "ButlerServer.DisposeAsync",
        "CallInvoker.CallAsync", "CallInvoker.InvokeAsync", "CallInvoker.SendAsync", "CallInvoker.NotifyAsync",
        "ButlerSession.ShutdownAsync", "ButlerSession.HijackAsync",
    ];

    [Test]
    public void Every_public_async_method_of_client_server_and_invoker_is_waited_for_here()
    {
        var found = new[] { typeof(ButlerClient), typeof(ButlerServer), typeof(CallInvoker), typeof(ButlerSession) }
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(m => !m.IsSpecialName && IsAwaitable(m.ReturnType))
                .Select(m => $"{type.Name}.{m.Name}"))
            .Distinct();
        Assert.That(found, Is.EquivalentTo(Waited));
    }

    [TestCase("tcp://127.0.0.1:0")]
    [TestCase("mem://waits")]
    public void Blocking_caller_on_a_context_with_one_thread_does_not_deadlock(string endpoint)
    {
        OnSingleThread(() =>
        {
            var probe = new Probe
            {
                // Handlers that suspend, so that answers come from elsewhere.
                Work = async (value, _) =>
                {
                    await Task.Yield();
                    return value;
                },
            };
            var server = Result(ButlerServer.StartAsync(endpoint, s => s.Add(probe)));
            var table = Result(ButlerServer.StartAsync(endpoint.Replace("waits", "table", StringComparison.Ordinal), new ServiceTable().Add(probe)));
            var client = Result(ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client));
            Assert.That(Result(client.CallAsync(Methods.Work, 1).AsTask()), Is.EqualTo(1));
            Assert.That(Result(client.CallAsync(Methods.Echo, "x").AsTask()), Is.EqualTo("x"));
            Assert.That(Result(client.CallAsync(Methods.Bytes, new byte[300_000]).AsTask()), Has.Length.EqualTo(300_000));
            client.InvokeAsync(Methods.Run, 1).AsTask().Wait();
            client.SendAsync(Methods.Note, 1).AsTask().Wait();
            Assert.That(Result(client.CallAsync(Methods.Work.Code, new byte[] { 42 }).AsTask()), Is.EqualTo(new byte[] { 42 }));
            client.NotifyAsync(Methods.Note.Code, new byte[] { 42 }).AsTask().Wait();
            using var source = new CancellationTokenSource();
            source.Cancel();
            Assert.That(() => Result(client.CallAsync(Methods.Work, 1, source.Token).AsTask()), Throws.InstanceOf<OperationCanceledException>());

            var lazy = ButlerClient.Open(server.Endpoints[0].ToString(), Patient.Client);
            lazy.WaitUntilReadyAsync().Wait();
            lazy.WaitUntilAllReadyAsync().Wait();
            Assert.That(Result(lazy.CallAsync(Methods.Work, 2).AsTask()), Is.EqualTo(2));
            lazy.DisposeAsync().AsTask().Wait();

            client.Online[0].ShutdownAsync().Wait();
            client.WaitUntilReadyAsync().Wait();
            var connection = Result(client.Online[0].HijackAsync());
            connection.DisposeAsync().AsTask().Wait();

            client.DisposeAsync().AsTask().Wait();
            server.StopAsync().Wait();
            table.StopAsync(new CancellationToken(true)).Wait();
            server.DisposeAsync().AsTask().Wait();
            table.DisposeAsync().AsTask().Wait();
        });
    }

    [Test]
    public void Blocking_caller_learns_that_nobody_is_there()
    {
        OnSingleThread(() =>
        {
            Assert.That(() => Result(ButlerClient.ConnectAsync("mem://nobody", Patient.OneAttempt)), Throws.InstanceOf<ButlerException>());
            var client = ButlerClient.Open("mem://nobody", new ButlerClientOptions { SessionTimeout = TimeSpan.FromMilliseconds(50) });
            Assert.That(() => Result(client.CallAsync(Methods.Work, 1).AsTask()), Throws.InstanceOf<ButlerException>());
            client.DisposeAsync().AsTask().Wait();
        });
    }

    static bool IsAwaitable(Type type)
    {
        var bare = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return bare == typeof(Task) || bare == typeof(Task<>) || bare == typeof(ValueTask) || bare == typeof(ValueTask<>);
    }

    static T Result<T>(Task<T> task)
    {
        try
        {
            task.Wait();
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
        }

        return task.Result;
    }

    static void OnSingleThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            var context = new BlockedContext();
            SynchronizationContext.SetSynchronizationContext(context);
            try
            {
                action();
                Assert.That(context.Posted, Is.Empty, "something waits for the thread that blocks");
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        Assert.That(thread.Join(TimeSpan.FromSeconds(60)), "it hangs");
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>One thread, which is always busy: what is posted to it is never run.</summary>
    sealed class BlockedContext : SynchronizationContext
    {
        public ConcurrentQueue<SendOrPostCallback> Posted { get; } = new();

        public override void Post(SendOrPostCallback d, object? state) => Posted.Enqueue(d);
    }
}
