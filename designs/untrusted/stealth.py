"""Texts that NovelAI, and extensions of other generators, hide in the alpha channel of their PNGs, where they outlive a
cleaning of the text chunks.

The lowest bit of each alpha, column by column from the left: a signature, 32 bits that count the bits to follow, and
that many of text or, by the signature, of gzip. The text is a JSON object of what stands in text chunks otherwise, or
what stands in the chunk "parameters".
"""

import re
import struct
import zlib

import numpy as np

from common import bounded_json
from designs.untrusted.images import open_whole
from designs.untrusted.refusal import Refusal

PACKED, PLAIN = b"stealth_pngcomp", b"stealth_pnginfo"
MAX_PIXELS = 25_000_000
"""More would be half of what this child has of memory."""
MAX_BYTES = 2 * 1024 * 1024
"""Of what is hidden, and of what comes out of it."""
MAX_TEXTS = 64
_HEAD = 8 * len(PACKED) + 32
_RGBA = 6


def hidden_texts(path: str) -> tuple[dict[str, str], str]:
    """Texts by their keywords, and a note of what was passed over: "" where nothing is hidden or all was read."""
    if not _has_room(path):
        return {}, ""
    try:
        with open_whole(path, "png", max_pixels=MAX_PIXELS) as image:
            if image.mode != "RGBA":
                return {}, ""
            alpha = np.asarray(image.getchannel("A"))
    except Refusal:
        # The inspection says what is wrong with the picture.
        return {}, ""
    columns = -(-_HEAD // alpha.shape[0])
    head = _bytes(alpha[:, :columns], 0, _HEAD)
    signature = head[: len(PACKED)]
    if signature not in (PACKED, PLAIN):
        return {}, ""
    length = int.from_bytes(head[len(PACKED) :], "big")
    if length % 8 or not 0 < length <= alpha.size - _HEAD:
        return {}, "text_damaged"
    if length > 8 * MAX_BYTES:
        return {}, "text_too_long"
    columns = -(-(_HEAD + length) // alpha.shape[0])
    hidden = _bytes(alpha[:, :columns], _HEAD, length)
    try:
        text = _inflated(hidden) if signature == PACKED else hidden
        return ({}, "text_too_long") if len(text) > MAX_BYTES else (_texts(text), "")
    except (zlib.error, ValueError, RecursionError):
        return {}, "text_damaged"


def _has_room(path: str) -> bool:
    """Whether the PNG has an alpha channel of 8 bits with more pixels than the head takes, and not too many."""
    with open(path, "rb") as stream:
        head = stream.read(26)
    if len(head) < 26:
        return False
    width, height, depth, color = struct.unpack(">IIBB", head[16:])
    return bool(depth == 8 and color == _RGBA and _HEAD < width * height <= MAX_PIXELS)


def _bytes(alpha: np.ndarray, first: int, count: int) -> bytes:
    """`count` of the lowest bits from the bit `first` on, down each column; the highest bit of a byte comes first."""
    return np.packbits(alpha.T.reshape(-1)[first : first + count] & 1).tobytes()


def _inflated(data: bytes) -> bytes:
    """At most a byte more than there may be. Raises zlib.error, and ValueError where the end is missing."""
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    text = inflater.decompress(data, MAX_BYTES + 1)
    if len(text) <= MAX_BYTES and not inflater.eof:
        raise ValueError("cut")
    return text


def _texts(text: bytes) -> dict[str, str]:
    """Texts by their keywords. Raises ValueError."""
    # A prompt may begin with brackets too.
    if not re.match(rb'\s*\{\s*("|\})', text):
        return {"parameters": text.decode()}
    texts = {key[:79]: value for key, value in bounded_json.loads(text).items() if isinstance(value, str)}
    return dict(list(texts.items())[:MAX_TEXTS])
