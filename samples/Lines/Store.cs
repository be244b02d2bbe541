using System.Collections.Concurrent;
using ButlerRpc;
using ButlerRpc.Messaging;

namespace Samples.Lines;

/// <summary>A server of names and values: GET, SET, and WATCH, after which each SET is sent to the watcher.</summary>
sealed class Store
{
    readonly ConcurrentDictionary<string, string> _values = new();
    readonly ConcurrentDictionary<MessengerSession<Line>, byte> _watchers = new();

    public async ValueTask<Line?> HandleAsync(MessengerSession<Line> session, Line line, CancellationToken cancellationToken)
    {
        switch (line.Text.Split(' ', 3))
        {
            case ["GET", var name]:
                return line.Reply(_values.TryGetValue(name, out var found) ? found : throw new KeyNotFoundException($"there is no {name}"));
            case ["SET", var name, var value]:
                _values[name] = value;
                await TellAsync($"{name} is {value}", cancellationToken);
                return line.Reply("ok");
            case ["WATCH"]:
                _watchers[session] = 0;
                return line.Reply("ok");
            default:
                throw new ArgumentException("what is that?");
        }
    }

    async Task TellAsync(string news, CancellationToken cancellationToken)
    {
        foreach (var watcher in _watchers.Keys)
        {
            try
            {
                await watcher.SendNoWaitAsync(new Line(0, news), cancellationToken);
            }
            catch (ButlerException)
            {
                _watchers.TryRemove(watcher, out _); // it has gone
            }
        }
    }
}
