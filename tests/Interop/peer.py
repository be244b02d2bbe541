"""Encodes and decodes MessagePack with Debian's python3-msgpack, one request per line."""
import json
import struct
import sys

import msgpack


def to_tree(value):
    if value is None:
        return ["nil"]
    if isinstance(value, bool):
        return ["b", value]
    if isinstance(value, int):
        return ["i", str(value)]
    if isinstance(value, float):
        return ["f", struct.pack(">d", value).hex() if value == value else "nan"]
    if isinstance(value, str):
        return ["s", value]
    if isinstance(value, bytes):
        return ["x", value.hex()]
    if isinstance(value, msgpack.Timestamp):
        return ["t", str(value.seconds), value.nanoseconds]
    if isinstance(value, list):
        return ["a", [to_tree(item) for item in value]]
    if isinstance(value, dict):
        return ["m", [[to_tree(k), to_tree(v)] for k, v in value.items()]]
    raise TypeError(type(value))


def from_tree(tree):
    kind = tree[0]
    if kind == "nil":
        return None
    if kind in ("b", "s"):
        return tree[1]
    if kind == "i":
        return int(tree[1])
    if kind == "f":
        return float("nan") if tree[1] == "nan" else struct.unpack(">d", bytes.fromhex(tree[1]))[0]
    if kind == "x":
        return bytes.fromhex(tree[1])
    if kind == "t":
        return msgpack.Timestamp(int(tree[1]), tree[2])
    if kind == "a":
        return [from_tree(item) for item in tree[1]]
    if kind == "m":
        return {from_tree(k): from_tree(v) for k, v in tree[1]}
    raise ValueError(kind)


for line in sys.stdin:
    request = json.loads(line)
    if "hex" in request:
        value = msgpack.unpackb(bytes.fromhex(request["hex"]), raw=False, strict_map_key=False, timestamp=0)
        print(json.dumps(to_tree(value)))
    else:
        print(json.dumps(msgpack.packb(from_tree(request["tree"]), use_bin_type=True).hex()))
