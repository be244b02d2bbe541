using ButlerRpc.Sessions;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Broker.Channels;

/// <summary>The channels that somebody is attached to, and those that only seem to be.</summary>
sealed class ChannelTable(ChannelLimits limits, ILogger logger)
{
    readonly object _gate = new();
    readonly Dictionary<Guid, Channel> _channels = [];
    readonly HashSet<Channel> _phantoms = [];
    readonly BrokerCounters _past = new();

    /// <summary>Those that exist, whoever may see them.</summary>
    public Channel[] All
    {
        get
        {
            lock (_gate)
                return [.. _channels.Values];
        }
    }

    /// <summary>The channel of an id; it exists until each of those who joined has left.</summary>
    public Channel Join(Guid id, SessionHost host)
    {
        lock (_gate)
        {
            if (!_channels.TryGetValue(id, out var channel))
                _channels.Add(id, channel = new Channel(id, host, limits, logger));
            channel.Members++;
            return channel;
        }
    }

    /// <summary>A channel like the one of the id, which nobody serves: for those who may not know whether somebody does.</summary>
    public Channel JoinPhantom(Guid id, SessionHost host)
    {
        lock (_gate)
        {
            var channel = new Channel(id, host, limits, logger) { Members = 1 };
            _phantoms.Add(channel);
            return channel;
        }
    }

    public void Leave(Channel channel)
    {
        lock (_gate)
        {
            if (--channel.Members > 0)
                return;
            if (!_phantoms.Remove(channel))
                _channels.Remove(channel.Id);
            _past.Add(channel.Counters);
        }

        channel.Dispose();
    }

    /// <summary>The broker stops: calls that wait for a provider wait in vain, also where there only seems to be a channel.</summary>
    public void Stop()
    {
        Channel[] all;
        lock (_gate)
            all = [.. _channels.Values, .. _phantoms];
        foreach (var channel in all)
            channel.Stop();
    }

    /// <summary>All that was ever counted.</summary>
    public BrokerCounters Sum()
    {
        var sum = new BrokerCounters();
        lock (_gate)
        {
            sum.Add(_past);
            foreach (var channel in _channels.Values.Concat(_phantoms))
                sum.Add(channel.Counters);
        }

        return sum;
    }
}
