namespace ButlerRpc.Soak.Calls;

/// <summary>One call: how it ended is compared with what its caller is promised.</summary>
sealed class Attempt(Step step, long id, Func<CallContext, Task> make, Func<ButlerException, bool>? answers)
{
    readonly Callers _callers = step.Callers;
    bool _hasShortTime;

    /// <param name="options">The call's.</param>
    /// <param name="patience">After so many milliseconds it is cancelled; -1: never.</param>
    public async Task RunAsync(CallOptions? options, int patience)
    {
        _hasShortTime = options?.Timeout is not null;
        using var cancellation = patience < 0 ? null : new CancellationTokenSource(patience);
        var token = cancellation?.Token ?? default;
        try
        {
            await make(new CallContext(options, token));
            Ended("ok");
        }
        catch (OperationCanceledException e) when (token.IsCancellationRequested)
        {
            if (e.CancellationToken != token)
                step.Broken("a cancelled call throws its caller's token", $"another one: {e}");
            Ended("cancelled");
        }
        catch (ButlerException e)
        {
            Judge(e);
            Ended(answers?.Invoke(e) == true ? $"{e.Status}" : $"{e.Reason} {e.Certainty}");
        }
        catch (Exception e)
        {
            step.Broken("a failed call is a ButlerException", e.ToString());
        }
    }

    void Ended(string how)
    {
        _callers.Tally.Count($"{step.Operation.Name}: {how}");
        if (how == "ok" && !step.Operation.IsOneWay && step.Journal.Runs(id) == 0)
            step.Broken("a call that has succeeded has run", "the server has not seen it");
    }

    void Judge(ButlerException e)
    {
        if (e.Certainty == ButlerCertainty.NotExecuted)
        {
            // It is said of the future too: looked at again at the end.
            _callers.Tally.NotExecuted.Enqueue((id, step));
            if (step.Journal.Runs(id) > 0)
                step.Broken("what was not executed has not run", $"it has: {e}");
        }
        else if (e.Certainty == ButlerCertainty.Executed && step.Journal.Runs(id) == 0)
        {
            step.Broken("what was executed has run", $"the server has not seen it: {e}");
        }

        if (answers?.Invoke(e) == true)
            return;
        var isDisturbed = _callers.Settings.Faults != Faults.None;
        var isExpected = e.Reason switch
        {
            // Where sessions break all the time, a call that moves may find none for as long as it has, and a handshake may take longer than it may.
            ButlerReason.Timeout => _hasShortTime || (isDisturbed && (e.Certainty == ButlerCertainty.NotExecuted || e.Status == ButlerStatus.Unavailable)),
            ButlerReason.ConnectionDropped or ButlerReason.Stopped or ButlerReason.NoSession or ButlerReason.NoProvider => isDisturbed || step.Operation.IsVisit,
            ButlerReason.QueueFull => step.Operation.IsOneWay,
            _ => false,
        };
        if (!isExpected)
            step.Broken("a call that nothing has disturbed succeeds", $"{e.Status} {e.Reason} {e.Certainty}: {e}");
    }
}
