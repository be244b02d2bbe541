using ButlerRpc;
using Orders.Contracts;

namespace Orders.Client;

/// <summary>Counts what became of the orders; many calls end at the same time.</summary>
sealed class Tally
{
    readonly Lock _gate = new();
    readonly SortedDictionary<RefusalReason, int> _refusals = [];
    readonly List<(OrderLine Line, ButlerException Failure)> _failures = [];

    public int Confirmed { get; private set; }

    public int Units { get; private set; }

    public decimal Total { get; private set; }

    public IReadOnlyDictionary<RefusalReason, int> Refusals => _refusals;

    public IReadOnlyList<(OrderLine Line, ButlerException Failure)> Failures => _failures;

    /// <summary>Orders whose outcome is known to be, or known to be unknown: all but those never sent.</summary>
    public int Ended => Confirmed + _refusals.Values.Sum() + _failures.Count;

    public void Count(OrderAnswer answer)
    {
        lock (_gate)
        {
            if (answer.Confirmation is { } confirmation)
            {
                Confirmed++;
                Units += confirmation.Units;
                Total += confirmation.Total;
            }
            else if (answer.Refusal is { } refusal)
            {
                _refusals[refusal.Reason] = _refusals.GetValueOrDefault(refusal.Reason) + 1;
            }
        }
    }

    public void Count(OrderLine line, ButlerException failure)
    {
        lock (_gate)
            _failures.Add((line, failure));
    }
}
