namespace ButlerRpc.Soak.Calls;

/// <summary>What is promised of one session, of both its ends, and of its end.</summary>
static class Sessions
{
    const int Together = 10;

    /// <summary>Calls of an ordered method start in the order in which they were sent, the large ones among them too.</summary>
    public static Task OrderAsync(Step step)
    {
        if (step.Route.Client!.NextSession() is not { } session)
            return Task.CompletedTask;
        var api = session.Create<ISoak>();
        return Task.WhenAll(Enumerable.Range(0, Together).Select(number =>
        {
            var body = new byte[step.Once(6) ? step.Dice.Next(200_000) : step.Dice.Next(500)];
            return step.CallAsync(
                async context =>
                {
                    var before = await api.NextAsync(step.Id + number, step.Id, number, body, context);
                    if (before >= number || before < -1)
                        step.Broken($"number {number} starts alone and behind those before it", before == -2 ? "two ran at once" : $"it came behind {before}");
                },
                step.Id + number);
        }));
    }

    /// <summary>No more calls of a method run at once than it says.</summary>
    public static Task LimitAsync(Step step)
    {
        if (step.Route.Client!.NextSession() is not { } session)
            return Task.CompletedTask;
        var api = session.Create<ISoak>();
        return Task.WhenAll(Enumerable.Range(0, Together).Select(number => step.CallAsync(
            async context =>
            {
                var running = await api.CrowdAsync(step.Id + number, context);
                if (running is < 1 or > SoakLimits.Crowd)
                    step.Broken($"at most {SoakLimits.Crowd} run at once", $"{running} did");
            },
            step.Id + number)));
    }

    public static Task NestAsync(Step step)
    {
        var depth = step.Dice.Next(6);
        return step.CallAsync(async context => step.Expect(depth, await step.Route.Api.NestAsync(step.Id, depth, context), "the depth"), answers: IsNested);

        // What failed was a call further down: this one was executed, and says how that ended.
        static bool IsNested(ButlerException e) => e is { Certainty: ButlerCertainty.Executed, Status: ButlerStatus.Unavailable or ButlerStatus.Cancelled or ButlerStatus.DeadlineExceeded };
    }

    public static Task WatchAsync(Step step)
    {
        var time = step.Dice.Next(300);
        return step.CallAsync(async context =>
        {
            var come = 0;
            await foreach (var _ in step.Route.Api.WatchAsync(step.Id, time, context))
                come++;
            step.Expect(2, come, "the number of items");
        });
    }

    /// <summary>A client that comes, makes calls and leaves in the middle of them.</summary>
    public static async Task VisitAsync(Step step)
    {
        var options = Route.Calm with { LongestBackoff = TimeSpan.FromSeconds(2), DrainTimeout = TimeSpan.FromMilliseconds(step.Dice.Next(3) * 50), SessionsPerEndpoint = 1 + step.Dice.Next(2) };
        Route visitor;
        try
        {
            visitor = await step.Callers.Visit!(step, options);
        }
        catch (ButlerException e) when (e.Certainty == ButlerCertainty.NotExecuted && step.Callers.Settings.Faults != Faults.None)
        {
            return; // a consumer that finds no broker
        }

        var calls = Enumerable.Range(0, 1 + step.Dice.Next(Together)).Select(number =>
        {
            var job = new Job(step.Id + number, Ending.Reply, 0, step.Dice.Next(30), step.Bytes(step.Dice.Next(2000)));
            return step.CallAsync(
                async context => step.Expect(job.Id, (await visitor.Api.DoAsync(job, context)).Id, "the answer's number"),
                job.Id);
        }).ToList();
        if (step.Once(2))
            await Task.WhenAll(calls);
        else
            await Task.Delay(step.Dice.Next(30));
        await visitor.DisposeAsync();
        await Task.WhenAll(calls);
        if (visitor.Client?.Statistics is not { } left)
            return;
        if (left.Online + left.Waiting + left.Sessions.InFlight + left.Sessions.Waiting + left.Sessions.QueuedBytes != 0)
            step.Broken("a client that is disposed has nothing left", $"{left}");
    }
}
