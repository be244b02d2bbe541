namespace ButlerRpc.RabbitMq.Connecting;

/// <summary>
/// Where RabbitMQ is and which channel is meant: <c>amqp://user:password@host:port/vhost?channel=…</c>, or <c>amqps://</c>. Several nodes of a cluster stand in a list, separated by
/// commas; one that names no channel is on that of the first.
/// </summary>
sealed record AmqpEndpoints(IReadOnlyList<Uri> Nodes, Guid Channel)
{
    const string Forms = "amqp://user:password@host:port/vhost?channel=…, amqps://…; the channel is a UUID such as 6f1c0f5e-3b1d-4a39-9d7e-0d8a4e0f6b11";

    /// <exception cref="ArgumentException">One is malformed, or they name no channel, or two.</exception>
    public static AmqpEndpoints Parse(string endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        List<Uri> nodes = [];
        Guid? channel = null;
        foreach (var text in endpoints.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps") || uri.Host.Length == 0)
                throw new ArgumentException($"'{Shown(text)}' is not an endpoint of RabbitMQ. Accepted: {Forms}");
            if (ChannelOf(uri) is { } named)
            {
                if (channel is { } other && other != named)
                    throw new ArgumentException($"'{Shown(endpoints)}' names the channels {other} and {named}; a consumer or provider is attached to one");
                channel = named;
            }

            nodes.Add(new UriBuilder(uri) { Query = "" }.Uri);
        }

        return channel is { } id ? new AmqpEndpoints(nodes, id) : throw new ArgumentException($"'{Shown(endpoints)}' names no channel. Accepted: {Forms}");
    }

    /// <summary>An endpoint without what is nobody's business.</summary>
    public static string Shown(Uri node) => $"{node.Scheme}://{node.Host}:{(node.Port > 0 ? node.Port : node.Scheme == "amqps" ? 5671 : 5672)}{node.AbsolutePath.TrimEnd('/')}";

    // Whatever it is, what stands between the scheme and an @ may be a password.
    static string Shown(string text) => string.Join(',', text.Split(',').Select(one =>
    {
        var at = one.LastIndexOf('@');
        var scheme = one.IndexOf("://", StringComparison.Ordinal);
        return at < 0 ? one : $"{(scheme < 0 || scheme > at ? "" : one[..(scheme + 3)])}…{one[at..]}";
    }));

    static Guid? ChannelOf(Uri uri)
    {
        Guid? channel = null;
        foreach (var option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = option.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0 ? (option[..equals], Uri.UnescapeDataString(option[(equals + 1)..])) : (option, "");
            if (name != "channel")
                throw new ArgumentException($"'{name}' of '{Shown(uri)}' is not an option of an endpoint of RabbitMQ; there is: channel. The rest is in {nameof(RabbitMqOptions)}");
            channel = Guid.TryParse(value, out var id) ? id : throw new ArgumentException($"'{value}' of '{Shown(uri)}' is not a channel. Accepted: {Forms}");
        }

        return channel;
    }
}
