using ButlerRpc;

namespace Pricing.Contracts;

/// <summary>Says what things cost.</summary>
[ButlerService]
public partial interface IPricing
{
    /// <summary>The price of a basket. It changes nothing, so a call whose provider has gone may be made again.</summary>
    [ButlerMethod(Idempotent = true)]
    ValueTask<Quote> QuoteAsync(Basket basket, CancellationToken cancellationToken = default);
}

/// <summary>What somebody would like to buy.</summary>
[ButlerMessage]
public sealed partial record Basket(int Number, IReadOnlyList<Line> Lines);

/// <summary>So many of one thing.</summary>
[ButlerMessage]
public sealed partial record Line(string Sku, int Quantity, decimal UnitPrice);

/// <summary>What it costs, and who says so.</summary>
[ButlerMessage]
public sealed partial record Quote(int Number, decimal Total, string Provider);
