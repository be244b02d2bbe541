using ButlerRpc.Codec;

namespace ButlerRpc.Wires.Tests.Support;

/// <summary>A message with codecs written by hand.</summary>
public sealed record Add(int Left, int Right) : IButlerMessage<Add>
{
    static MessageCodec<Add> IButlerMessage<Add>.Codec { get; } = new AddCodec();

    sealed class AddCodec : MessageCodec<Add>
    {
        public override int Code => 7;

        public override bool EncodesInPlace => true;

        public override MessageFormats Formats => MessageFormats.Iproto;

        public override void Write(ref MessagePackWriter writer, in Add value)
        {
            writer.WriteInt64(value.Left);
            writer.WriteInt64(value.Right);
        }

        public override Add Read(ref MessagePackReader reader) => new(reader.ReadInt32(), reader.ReadInt32());

        public override void WriteIproto(ref IprotoWriter writer, in Add value)
        {
            writer.WriteInt32(value.Left);
            writer.WriteInt32(value.Right);
        }

        public override Add ReadIproto(ref IprotoReader reader) => new(reader.ReadInt32(), reader.ReadInt32());
    }
}

/// <summary>A message with codecs written by hand.</summary>
public sealed record Sum(int Value) : IButlerMessage<Sum>
{
    static MessageCodec<Sum> IButlerMessage<Sum>.Codec { get; } = new SumCodec();

    sealed class SumCodec : MessageCodec<Sum>
    {
        public override int Code => 8;

        public override bool EncodesInPlace => true;

        public override MessageFormats Formats => MessageFormats.Iproto;

        public override void Write(ref MessagePackWriter writer, in Sum value) => writer.WriteInt64(value.Value);

        public override Sum Read(ref MessagePackReader reader) => new(reader.ReadInt32());

        public override void WriteIproto(ref IprotoWriter writer, in Sum value) => writer.WriteInt32(value.Value);

        public override Sum ReadIproto(ref IprotoReader reader) => new(reader.ReadInt32());
    }
}

/// <summary>A message that has no iproto form.</summary>
public sealed record Plain(string Text) : IButlerMessage<Plain>
{
    static MessageCodec<Plain> IButlerMessage<Plain>.Codec { get; } = new PlainCodec();

    sealed class PlainCodec : MessageCodec<Plain>
    {
        public override void Write(ref MessagePackWriter writer, in Plain value) => writer.WriteString(value.Text);

        public override Plain Read(ref MessagePackReader reader) => new(reader.ReadString()!);
    }
}

[ButlerService]
public partial interface ISums
{
    [ButlerMethod(Code = 7)]
    ValueTask<Sum> AddAsync(Add add, CallContext context = default);

    [ButlerMethod(Code = 9, OneWay = true)]
    ValueTask TellAsync(Sum sum, CancellationToken cancellationToken = default);

    [ButlerMethod(Code = 10)]
    ValueTask<Plain> PlainAsync(Plain plain, CancellationToken cancellationToken = default);

    [ButlerMethod(Code = 11)]
    IAsyncEnumerable<Sum> CountAsync(Sum to, CancellationToken cancellationToken = default);
}

sealed class Sums : ISums
{
    public List<int> Told { get; } = [];

    public Func<Add, CallContext, ValueTask<Sum>> OnAdd { get; set; } = (add, _) => new(new Sum(add.Left + add.Right));

    public TaskCompletionSource ToldOne { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask<Sum> AddAsync(Add add, CallContext context) => OnAdd(add, context);

    public ValueTask TellAsync(Sum sum, CancellationToken cancellationToken)
    {
        lock (Told)
            Told.Add(sum.Value);
        ToldOne.TrySetResult();
        return default;
    }

    public ValueTask<Plain> PlainAsync(Plain plain, CancellationToken cancellationToken) => new(plain);

    public async IAsyncEnumerable<Sum> CountAsync(Sum to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield return to;
    }
}
