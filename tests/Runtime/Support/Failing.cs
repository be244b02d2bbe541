namespace ButlerRpc.Runtime.Tests.Support;

static class Failing
{
    /// <summary>The failure of a call that must fail.</summary>
    public static async Task<ButlerException> OfAsync<T>(ValueTask<T> call)
    {
        try
        {
            var result = await call;
            throw new AssertionException($"the call gave {result} instead of failing");
        }
        catch (ButlerException e)
        {
            return e;
        }
    }

    /// <inheritdoc cref="OfAsync{T}(ValueTask{T})"/>
    public static async Task<ButlerException> OfAsync(ValueTask call)
    {
        try
        {
            await call;
        }
        catch (ButlerException e)
        {
            return e;
        }

        throw new AssertionException("the call succeeded instead of failing");
    }

    public static void AssertIs(this ButlerException failure, ButlerStatus status, ButlerCertainty certainty, ButlerReason reason)
    {
        Assert.That((failure.Status, failure.Certainty, failure.Reason), Is.EqualTo((status, certainty, reason)), failure.Message);
    }
}

static class Thrown
{
    /// <summary>What some work must throw.</summary>
    public static async Task<T> OfAsync<T>(Func<Task> work)
        where T : Exception
    {
        try
        {
            await work();
        }
        catch (T e)
        {
            return e;
        }

        throw new AssertionException($"no {typeof(T).Name} was thrown");
    }
}
