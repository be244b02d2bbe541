// Encodes and decodes MessagePack with npm's @msgpack/msgpack, one request per line.
import { createInterface } from "node:readline";
import { Buffer } from "node:buffer";
import { ExtensionCodec, decode, decodeTimestampToTimeSpec, encode, encodeTimeSpecToTimestamp } from "@msgpack/msgpack";

class Moment {
  constructor(seconds, nanoseconds) {
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
  }
}

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: -1,
  encode: (value) => value instanceof Moment ? encodeTimeSpecToTimestamp({ sec: value.seconds, nsec: value.nanoseconds }) : null,
  decode: (data) => {
    const { sec, nsec } = decodeTimestampToTimeSpec(data);
    return new Moment(sec, nsec);
  },
});

const options = { extensionCodec, useBigInt64: true };

// A number that was a float64 and one that was an integer look alike here: whole numbers are told as integers, and the other side knows which it wanted.
function toTree(value) {
  if (value === null || value === undefined) return ["nil"];
  if (typeof value === "boolean") return ["b", value];
  if (typeof value === "bigint") return ["i", value.toString()];
  if (typeof value === "number") {
    if (Number.isNaN(value)) return ["f", "nan"];
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return ["i", value.toString()];
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return ["f", bytes.toString("hex")];
  }
  if (typeof value === "string") return ["s", value];
  if (value instanceof Uint8Array) return ["x", Buffer.from(value).toString("hex")];
  if (value instanceof Moment) return ["t", value.seconds.toString(), value.nanoseconds];
  if (Array.isArray(value)) return ["a", value.map(toTree)];
  return ["m", Object.entries(value).map(([k, v]) => [toTree(k), toTree(v)])];
}

function fromTree(tree) {
  switch (tree[0]) {
    case "nil": return null;
    case "b": case "s": return tree[1];
    case "i": {
      const integer = BigInt(tree[1]);
      return integer >= BigInt(-0x80000000) && integer <= BigInt(0xffffffff) ? Number(integer) : integer;
    }
    case "f": return tree[1] === "nan" ? NaN : Buffer.from(tree[1], "hex").readDoubleBE();
    case "x": return new Uint8Array(Buffer.from(tree[1], "hex"));
    case "t": return new Moment(Number(tree[1]), tree[2]);
    case "a": return tree[1].map(fromTree);
    case "m": return Object.fromEntries(tree[1].map(([k, v]) => [fromTree(k), fromTree(v)]));
    default: throw new Error(tree[0]);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(request.hex === undefined
    ? Buffer.from(encode(fromTree(request.tree), options)).toString("hex")
    : toTree(decode(Buffer.from(request.hex, "hex"), options))));
}
