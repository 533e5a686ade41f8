"""Files with reproducible damage: the same seed gives the same bytes."""

import random
import struct

_HEAD_BYTES = 2500


def mutated(content: bytes, dice: random.Random) -> bytes:
    """`content` with a few bytes flipped, set to extremes, cut out, put in, copied or cut off."""
    data = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 3, 8, 30])):
        data = data or bytearray(content)
        at = dice.randrange(len(data) if dice.random() < 0.4 else min(len(data), _HEAD_BYTES))
        match dice.randrange(6):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                data[at : at + 4] = dice.choice([b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff"])
            case 2:
                del data[at : at + dice.choice([1, 4, 16, 400])]
            case 3:
                data[at:at] = dice.randbytes(dice.choice([1, 4, 8]))
            case 4:
                other = dice.randrange(len(data))
                data[at : at + 64] = data[other : other + 64]
            case _ if dice.random() < 0.2:
                del data[max(at, 64) :]
    return bytes(data)


def box(kind: bytes, content: bytes) -> bytes:
    """A box of an MP4 file."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def with_box(content: bytes, parents: tuple[bytes, ...], more: bytes) -> bytes:
    """`content` with `more` at the end of the innermost of nested boxes."""
    data, at, end = bytearray(content), 0, 0
    for kind in parents:
        at = data.index(kind, at)
        (size,) = struct.unpack_from(">I", data, at - 4)
        struct.pack_into(">I", data, at - 4, size + len(more))
        end = at - 4 + size
    data[end:end] = more
    return bytes(data)
