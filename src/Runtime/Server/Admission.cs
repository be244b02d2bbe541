namespace ButlerRpc.Server;

/// <summary>
/// Counts connections: in all, per remote address, and per address those whose handshake is not over. Not thread-safe: under the server's gate. It holds an
/// entry per address that has a connection, so it is bounded by the connections.
/// </summary>
sealed class Admission(int most, int mostPerAddress, int mostOpeningPerAddress)
{
    readonly Dictionary<string, (int All, int Opening)> _addresses = new(StringComparer.Ordinal);

    public int Connections { get; private set; }

    public int Addresses => _addresses.Count;

    /// <summary>Null, and counted; or why not.</summary>
    public string? TryEnter(Place place)
    {
        if (Connections >= most)
            return $"there are {most} connections already";
        if (TryCount(place, place.Host) is { } refusal)
            return refusal;
        Connections++;
        place.IsIn = true;
        return null;
    }

    /// <summary>The address has turned out to be another: that one counts from here on. Null; or why not, and nothing has changed.</summary>
    public string? TryMove(Place place, string? host)
    {
        if (host == place.Host)
            return null;
        if (TryCount(new Place(host), host) is { } refusal)
            return refusal;
        Uncount(place);
        place.Host = host;
        return null;
    }

    /// <summary>Its handshake is over.</summary>
    public void Opened(Place place)
    {
        if (!place.IsIn || place.IsOpen)
            return;
        place.IsOpen = true;
        if (place.Host is { } host)
        {
            var (all, opening) = _addresses[host];
            _addresses[host] = (all, opening - 1);
        }
    }

    public void Leave(Place place)
    {
        if (!place.IsIn)
            return;
        place.IsIn = false;
        Connections--;
        Uncount(place);
    }

    string? TryCount(Place place, string? host)
    {
        if (host is null)
            return null;
        var (all, opening) = _addresses.GetValueOrDefault(host);
        if (all >= mostPerAddress)
            return $"{host} has {mostPerAddress} connections already";
        if (!place.IsOpen && opening >= mostOpeningPerAddress)
            return $"{host} has {mostOpeningPerAddress} connections already whose handshake is not over";
        _addresses[host] = (all + 1, opening + 1);
        return null;
    }

    void Uncount(Place place)
    {
        if (place.Host is not { } host)
            return;
        var (all, opening) = _addresses[host];
        if (all == 1)
            _addresses.Remove(host);
        else
            _addresses[host] = (all - 1, place.IsOpen ? opening : opening - 1);
    }

    /// <summary>One connection in the count.</summary>
    public sealed class Place(string? host)
    {
        /// <summary>The address it counts for; null: none.</summary>
        public string? Host { get; set; } = host;

        public bool IsIn { get; set; }

        public bool IsOpen { get; set; }
    }
}
