"""Color profiles, made on the spot: the smallest that a color engine takes (ICC.1:2001-04)."""

import struct
from itertools import product

_HEAD = 128
_D50 = (0.9642, 1.0, 0.8249)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(*values: float) -> bytes:
    return b"XYZ \x00\x00\x00\x00" + _fixed(*values)


def _profile(kind: bytes, space: bytes, connected_by: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = _HEAD + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + b"\x00" * (-len(content) % 4)
    made = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = struct.pack(">I4sI4s4s4s12s4s", start + len(body), b"", 2 << 24 | 4 << 20, kind, space, connected_by, made,
                       b"acsp")  # fmt: skip
    return (head.ljust(68, b"\x00") + _fixed(*_D50)).ljust(_HEAD, b"\x00") + table + body


def adobe_rgb() -> bytes:
    """The primaries of Adobe RGB (1998), adapted to D50, and a gamma of 2.2."""
    gamma = b"curv\x00\x00\x00\x00" + struct.pack(">IH", 1, round(2.2 * 256))
    primaries = {
        b"rXYZ": _xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": _xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": _xyz(0.14919, 0.06322, 0.74457),
    }
    curves = {b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma}
    return _profile(b"mntr", b"RGB ", b"XYZ ", {b"wtpt": _xyz(*_D50), **primaries, **curves})


def gray(gamma: float) -> bytes:
    """Gray of this gamma."""
    curve = b"curv\x00\x00\x00\x00" + struct.pack(">IH", 1, round(gamma * 256))
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(*_D50), b"kTRC": curve})


def printing(inks: dict[tuple[int, int, int, int], tuple[int, int, int]]) -> bytes:
    """CMYK as Lab: what each full ink or mixture of full inks looks like; what is not named is nearly black."""
    straight = bytes(range(256))
    corners = b""
    for mixture in product((0, 1), repeat=4):
        light, a, b = inks.get(mixture, (20, 0, 0))
        corners += bytes([round(light * 2.55), a + 128, b + 128])
    same = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table = b"mft1\x00\x00\x00\x00" + bytes([4, 3, 2, 0]) + same + straight * 4 + corners + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table, b"wtpt": _xyz(*_D50)})
