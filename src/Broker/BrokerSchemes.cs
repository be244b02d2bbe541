namespace ButlerRpc.Broker;

static class BrokerSchemes
{
    /// <summary>The carrier that an endpoint's scheme names; null: this library's own broker.</summary>
    public static BrokerCarrier? Find(string endpoints, BrokerConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var mark = endpoints.IndexOf("://", StringComparison.Ordinal);
        var scheme = mark < 0 ? "" : endpoints[..mark].ToLowerInvariant();
        foreach (var carrier in options.Carriers)
        {
            if (carrier.Schemes.Contains(scheme))
                return carrier;
        }

        if (scheme is "amqp" or "amqps")
        {
            throw new ArgumentException(
                $"nothing here speaks '{scheme}' of the endpoint '{endpoints}'; add the package ButlerRpc.RabbitMq and its carrier to {nameof(BrokerConnectionOptions)}.{nameof(BrokerConnectionOptions.Carriers)}",
                nameof(endpoints));
        }

        return null;
    }
}
