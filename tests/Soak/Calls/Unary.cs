namespace ButlerRpc.Soak.Calls;

/// <summary>Calls with one answer, and with none.</summary>
static class Unary
{
    static readonly SemaphoreSlim Large = new(3); // the machine's memory, and not the library, would be tried by more

    public static Task DoAsync(Step step)
    {
        var ending = step.Dice.Next(12) switch { 0 => Ending.Fault, 1 => Ending.Status, 2 => Ending.Crash, _ => Ending.Reply };
        var body = step.Bytes(step.Once(30) ? step.Dice.Next(2_000_000) : step.Dice.Next(1500));
        var job = new Job(step.Id, ending, step.Once(8) ? step.Dice.Next(4) : 0, step.Once(5) ? step.Dice.Next(50) : 0, body);
        var (asked, told) = step.Once(5) ? (new Metadata { { "echo", $"{step.Id}" } }, new Metadata()) : (null, null);
        return step.CallAsync(
            async context =>
            {
                Check(step, job, await step.Route.Api.DoAsync(job, context));
                if (told is not null)
                    step.Expect($"{step.Id}", told.TryGet("echo", out var echo) ? echo : "missing", "the metadata that came back");
            },
            answers: e => Answers(job, e),
            metadata: asked,
            response: told);
    }

    public static Task RepeatAsync(Step step)
    {
        step.Journal.Permit(step.Id);
        var job = new Job(step.Id, Ending.Reply, 0, step.Once(6) ? step.Dice.Next(60) : 0, step.Bytes(step.Dice.Next(3000)));
        return step.CallAsync(async context => Check(step, job, await step.Route.Api.RepeatAsync(job, context)));
    }

    /// <summary>Bodies at the edges of buffers, of frames and of what may be sent.</summary>
    public static async Task EdgeAsync(Step step)
    {
        var most = step.Route.MessageBytes;
        int[] edges = [4096, 16 << 10, 64 << 10, 128 << 10, 256 << 10, 1 << 20, most];
        var edge = edges[step.Once(5) ? edges.Length - 1 : step.Dice.Next(edges.Length - 1)];
        var job = new Job(step.Id, Ending.Reply, 0, 0, step.Bytes(edge - 60 + step.Dice.Next(64)));
        var isLarge = edge > 1 << 20;
        if (isLarge)
            await Large.WaitAsync();
        try
        {
            await step.CallAsync(
                async context =>
                {
                    Check(step, job, await step.Route.Api.DoAsync(job, context));
                    if (job.Body.Length >= most)
                        step.Broken($"a message above {most} bytes is refused", $"one with {job.Body.Length} bytes in it was answered");
                },
                answers: e => e.Reason switch
                {
                    ButlerReason.TooLarge => job.Body.Length > most - 64 && e.Certainty == ButlerCertainty.NotExecuted,
                    ButlerReason.QueueFull => isLarge && e.Certainty == ButlerCertainty.NotExecuted && step.Route.Client is null,
                    _ => false,
                });
        }
        finally
        {
            if (isLarge)
                Large.Release();
        }
    }

    public static Task TellAsync(Step step)
    {
        var body = step.Bytes(step.Once(20) ? step.Dice.Next(200_000) : step.Dice.Next(200));
        var session = step.Route.Client?.NextSession();
        return new Attempt(
            step,
            step.Id,
            async _ =>
            {
                await (session?.Create<ISoak>() ?? step.Route.Api).TellAsync(step.Id, body);
                step.Callers.Tally.Told.Enqueue((step.Id, step, session));
            },
            answers: null).RunAsync(options: null, patience: -1);
    }

    public static Task PacketAsync(Step step)
    {
        var packet = new Packet((ulong)step.Id, step.Bytes(step.Once(20) ? step.Dice.Next(1_000_000) : step.Dice.Next(500)));
        return step.CallAsync(async context =>
        {
            var echo = await step.Route.Packets.EchoAsync(packet, context);
            if (echo.Id != packet.Id || !echo.Body.AsSpan().SequenceEqual(packet.Body))
                step.Broken($"the packet {packet.Id} of {packet.Body.Length} bytes comes back", $"{echo.Id} of {echo.Body.Length} bytes came");
        });
    }

    static bool Answers(Job job, ButlerException e) => job.Ending switch
    {
        Ending.Fault => e is ButlerFaultException<Refused> fault && fault.Fault.Id == job.Id && e.Certainty == ButlerCertainty.Executed,
        Ending.Status => e is { Status: ButlerStatus.Aborted, Reason: ButlerReason.None, Certainty: ButlerCertainty.Executed } && e.Message == $"{job.Id}",
        Ending.Crash => e is { Status: ButlerStatus.Internal, Reason: ButlerReason.None, Certainty: ButlerCertainty.Executed } && e.ErrorId != Guid.Empty,
        _ => false,
    };

    static void Check(Step step, Job job, Receipt receipt)
    {
        if (job.Ending != Ending.Reply)
            step.Broken($"the call ends by {job.Ending}", "it was answered");
        if (receipt.Id != job.Id || !receipt.Body.AsSpan().SequenceEqual(job.Body))
            step.Broken($"the answer to {job.Id}, {job.Body.Length} bytes", $"the one to {receipt.Id}, {receipt.Body.Length} bytes");
    }
}
