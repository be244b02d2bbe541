using ButlerRpc.Codec;

namespace ButlerRpc.Benchmarks.Load.Contestants;

readonly partial record struct Numbers : IButlerMessage<Numbers>
{
    public static MessageCodec<Numbers> Codec { get; } = new NumbersCodec();

    sealed class NumbersCodec : MessageCodec<Numbers>
    {
        public override bool EncodesInPlace => true;

        public override void Write(ref MessagePackWriter writer, in Numbers value)
        {
            writer.WriteArrayHeader(4);
            writer.WriteInt64(value.A);
            writer.WriteInt64(value.B);
            writer.WriteInt64(value.C);
            writer.WriteInt64(value.D);
        }

        public override Numbers Read(ref MessagePackReader reader)
        {
            if (reader.ReadArrayHeader() != 4)
                throw new InvalidDataException("Numbers has 4 members");
            return new Numbers(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        }
    }
}

sealed partial record Block : IButlerMessage<Block>
{
    public static MessageCodec<Block> Codec { get; } = new BlockCodec();

    sealed class BlockCodec : MessageCodec<Block>
    {
        public override void Write(ref MessagePackWriter writer, in Block value)
        {
            writer.WriteArrayHeader(1);
            writer.WriteBinary(value.Bytes);
        }

        public override Block Read(ref MessagePackReader reader)
        {
            if (reader.ReadArrayHeader() != 1)
                throw new InvalidDataException("Block has 1 member");
            return new Block(reader.ReadBinary().ToArray());
        }
    }
}
