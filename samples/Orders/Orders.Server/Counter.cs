namespace Orders.Server;

/// <summary>The counter that orders pass. It can be told to close after a number of orders: those that come later wait, and nobody ever serves them.</summary>
sealed class Counter(int closeAfter)
{
    int _passed;
    int _waiting;

    public async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        if (closeAfter == int.MaxValue || Interlocked.Increment(ref _passed) <= closeAfter)
            return;
        Console.WriteLine($"the counter is closed; {Interlocked.Increment(ref _waiting)} orders wait");
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
