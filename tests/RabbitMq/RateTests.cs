using System.Threading.RateLimiting;
using ButlerRpc.RabbitMq.Tests.Support;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>Calls that wait for a permit.</summary>
public class RateTests
{
    [Test]
    public void Call_that_waits_for_a_permit_ends_at_its_deadline_and_waits_for_none_any_more()
    {
        var limiter = new Full();
        AmqpDouble.RunMany(
            1, new RabbitMqOptions(),
            async (_, ledger) =>
            {
                var failure = await Failing.OfAsync(ledger.BookAsync(new Entry(1)));
                failure.AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.NotExecuted, ButlerReason.Timeout);
                await Assert.CatchAsync<OperationCanceledException>(() => limiter.Wait!);
            },
            o => o with { RateLimiter = limiter, RateMode = ButlerRateMode.Shape });
    }

    /// <summary>Has no permit left.</summary>
    sealed class Full : RateLimiter
    {
        public Task? Wait { get; private set; }

        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
        {
            var wait = new TaskCompletionSource<RateLimitLease>();
            cancellationToken.UnsafeRegister((_, token) => wait.TrySetCanceled(token), null);
            Wait = wait.Task;
            return new(wait.Task);
        }
    }
}
