namespace ButlerRpc.Contracts.External;

[ButlerService]
public partial interface IEcho
{
    ValueTask<Text> EchoAsync(Text text, CancellationToken cancellationToken = default);
}
