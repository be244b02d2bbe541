namespace Orders.Client;

sealed record RunOptions(string File, int InFlight, TimeSpan Patience);

static class ExitCodes
{
    public const int Done = 0;
    public const int SomeFailed = 1;
    public const int Usage = 2;
    public const int ServerLost = 3;
}
