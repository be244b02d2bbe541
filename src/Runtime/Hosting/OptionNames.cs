namespace ButlerRpc.Hosting;

/// <summary>The options that configuration may set, by the names of their properties.</summary>
static class OptionNames
{
    public static readonly OptionBinder<ButlerLimits> Limits = new OptionBinder<ButlerLimits>()
        .Whole(nameof(ButlerLimits.CallsInFlight), (o, v) => o with { CallsInFlight = v })
        .Whole(nameof(ButlerLimits.MessageBytes), (o, v) => o with { MessageBytes = v })
        .Whole(nameof(ButlerLimits.ReassemblyWindowBytes), (o, v) => o with { ReassemblyWindowBytes = v })
        .Whole(nameof(ButlerLimits.ReassemblyBudgetBytes), (o, v) => o with { ReassemblyBudgetBytes = v })
        .Whole(nameof(ButlerLimits.NotifiesInFlight), (o, v) => o with { NotifiesInFlight = v })
        .Whole(nameof(ButlerLimits.StreamItems), (o, v) => o with { StreamItems = v })
        .Whole(nameof(ButlerLimits.StreamBytes), (o, v) => o with { StreamBytes = v })
        .Whole(nameof(ButlerLimits.StreamPoolBytes), (o, v) => o with { StreamPoolBytes = v })
        .Time(nameof(ButlerLimits.HandshakeTimeout), (o, v) => o with { HandshakeTimeout = v })
        .Whole(nameof(ButlerLimits.QueuedBytes), (o, v) => o with { QueuedBytes = v })
        .Time(nameof(ButlerLimits.SendStallTimeout), (o, v) => o with { SendStallTimeout = v })
        .Whole(nameof(ButlerLimits.FrameBytesPerSecond), (o, v) => o with { FrameBytesPerSecond = v })
        .Time(nameof(ButlerLimits.FrameGrace), (o, v) => o with { FrameGrace = v })
        .Whole(nameof(ButlerLimits.AbusePerSecond), (o, v) => o with { AbusePerSecond = v })
        .Whole(nameof(ButlerLimits.AbuseBurst), (o, v) => o with { AbuseBurst = v })
        .Whole(nameof(ButlerLimits.BusyPolls), (o, v) => o with { BusyPolls = v })
        .Time(nameof(ButlerLimits.PingAfter), (o, v) => o with { PingAfter = v })
        .Time(nameof(ButlerLimits.DeadAfterPing), (o, v) => o with { DeadAfterPing = v })
        .Time(nameof(ButlerLimits.IdleTimeout), (o, v) => o with { IdleTimeout = v });

    public static readonly OptionBinder<IprotoOptions> Iproto = new OptionBinder<IprotoOptions>()
        .Time(nameof(IprotoOptions.RequestTimeout), (o, v) => o with { RequestTimeout = v })
        .Time(nameof(IprotoOptions.NoticeTimeout), (o, v) => o with { NoticeTimeout = v })
        .Time(nameof(IprotoOptions.PingInterval), (o, v) => o with { PingInterval = v })
        .Time(nameof(IprotoOptions.PingTimeout), (o, v) => o with { PingTimeout = v })
        .Time(nameof(IprotoOptions.IdleTimeout), (o, v) => o with { IdleTimeout = v })
        .Time(nameof(IprotoOptions.ShutdownTimeout), (o, v) => o with { ShutdownTimeout = v })
        .Whole(nameof(IprotoOptions.SizeLimit), (o, v) => o with { SizeLimit = v })
        .Whole(nameof(IprotoOptions.WriteQueueSize), (o, v) => o with { WriteQueueSize = v })
        .Whole(nameof(IprotoOptions.CallsInFlight), (o, v) => o with { CallsInFlight = v })
        .Time(nameof(IprotoOptions.Quarantine), (o, v) => o with { Quarantine = v });

    public static readonly OptionBinder<ButlerRetryOptions> Retry = new OptionBinder<ButlerRetryOptions>()
        .Whole(nameof(ButlerRetryOptions.NotExecutedMoves), (o, v) => o with { NotExecutedMoves = v })
        .Whole(nameof(ButlerRetryOptions.IdempotentRetries), (o, v) => o with { IdempotentRetries = v })
        .Number(nameof(ButlerRetryOptions.Budget), (o, v) => o with { Budget = v })
        .Whole(nameof(ButlerRetryOptions.BudgetBurst), (o, v) => o with { BudgetBurst = v })
        .Time(nameof(ButlerRetryOptions.HedgeAfter), (o, v) => o with { HedgeAfter = v });

    public static readonly OptionBinder<ButlerServerOptions> Server = new OptionBinder<ButlerServerOptions>()
        .Whole(nameof(ButlerServerOptions.MaxConnections), (o, v) => o with { MaxConnections = v })
        .Whole(nameof(ButlerServerOptions.MaxConnectionsPerAddress), (o, v) => o with { MaxConnectionsPerAddress = v })
        .Whole(nameof(ButlerServerOptions.MaxOpeningPerAddress), (o, v) => o with { MaxOpeningPerAddress = v })
        .Time(nameof(ButlerServerOptions.DrainTimeout), (o, v) => o with { DrainTimeout = v })
        .Flag(nameof(ButlerServerOptions.IncludeExceptionDetails), (o, v) => o with { IncludeExceptionDetails = v })
        .Group(nameof(ButlerServerOptions.Limits), Limits, o => o.Limits, (o, v) => o with { Limits = v })
        .Group(nameof(ButlerServerOptions.Iproto), Iproto, o => o.Iproto, (o, v) => o with { Iproto = v });

    public static readonly OptionBinder<ButlerClientOptions> Client = new OptionBinder<ButlerClientOptions>()
        .Time(nameof(ButlerClientOptions.CallTimeout), (o, v) => o with { CallTimeout = v })
        .Time(nameof(ButlerClientOptions.SessionTimeout), (o, v) => o with { SessionTimeout = v })
        .Time(nameof(ButlerClientOptions.DialTimeout), (o, v) => o with { DialTimeout = v })
        .Time(nameof(ButlerClientOptions.ShortestBackoff), (o, v) => o with { ShortestBackoff = v })
        .Time(nameof(ButlerClientOptions.LongestBackoff), (o, v) => o with { LongestBackoff = v })
        .Time(nameof(ButlerClientOptions.HealthyAfter), (o, v) => o with { HealthyAfter = v })
        .Time(nameof(ButlerClientOptions.RedialTimeout), (o, v) => o with { RedialTimeout = v })
        .Flag(nameof(ButlerClientOptions.FailOnCutoff), (o, v) => o with { FailOnCutoff = v })
        .Whole(nameof(ButlerClientOptions.SessionsPerEndpoint), (o, v) => o with { SessionsPerEndpoint = v })
        .Whole(nameof(ButlerClientOptions.MaxSessionsPerEndpoint), (o, v) => o with { MaxSessionsPerEndpoint = v })
        .Choice<ButlerRouting>(nameof(ButlerClientOptions.Routing), (o, v) => o with { Routing = v })
        .Flag(nameof(ButlerClientOptions.WaitForSlot), (o, v) => o with { WaitForSlot = v })
        .Whole(nameof(ButlerClientOptions.EjectAfterTimeouts), (o, v) => o with { EjectAfterTimeouts = v })
        .Time(nameof(ButlerClientOptions.ProbeAfter), (o, v) => o with { ProbeAfter = v })
        .Choice<ButlerRateMode>(nameof(ButlerClientOptions.RateMode), (o, v) => o with { RateMode = v })
        .Time(nameof(ButlerClientOptions.DrainTimeout), (o, v) => o with { DrainTimeout = v })
        .Flag(nameof(ButlerClientOptions.AllowTokenInClear), (o, v) => o with { AllowTokenInClear = v })
        .Flag(nameof(ButlerClientOptions.InlineContinuations), (o, v) => o with { InlineContinuations = v })
        .Group(nameof(ButlerClientOptions.Retry), Retry, o => o.Retry, (o, v) => o with { Retry = v })
        .Group(nameof(ButlerClientOptions.Limits), Limits, o => o.Limits, (o, v) => o with { Limits = v })
        .Group(nameof(ButlerClientOptions.Iproto), Iproto, o => o.Iproto, (o, v) => o with { Iproto = v });
}
