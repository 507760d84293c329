"""Where a manifest store keeps its signature, and over what: boxes of JUMBF (ISO 19566-5), COSE in them (RFC 9052)."""

from collections.abc import Iterator

from designs.untrusted.refusal import Refusal

SIGNATURE_BYTES = 64
_SIGN1 = b"\xd2\x84"
"""Tag 18 and an array of four: protected, unprotected, payload, signature."""


def signature_in(store: bytes) -> tuple[bytes, bytes]:
    """The Sig_structure of the newest manifest of a store, and its ES256 signature. Raises Refusal."""
    ((_kind, manifests),) = _boxes(store)
    manifest = [box for kind, box in _boxes(manifests) if kind == b"jumb"][-1]
    labelled = {_label(box): box for kind, box in _boxes(manifest) if kind == b"jumb"}
    claim, cose = _cbor(labelled[b"c2pa.claim.v2"]), _cbor(labelled[b"c2pa.signature"])
    if not cose.startswith(_SIGN1) or cose[-2 - SIGNATURE_BYTES : -SIGNATURE_BYTES] != _head(SIGNATURE_BYTES):
        raise _odd()
    protected = _byte_string(cose[len(_SIGN1) :])
    # No data from elsewhere; the payload is the claim, which stands apart.
    structure = b"\x84\x6aSignature1" + protected + _head(0) + _head(len(claim)) + claim
    return structure, cose[-SIGNATURE_BYTES:]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each."""
    place = 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if not 8 <= size <= len(data) - place:
            raise _odd()
        yield data[place + 4 : place + 8], data[place + 8 : place + size]
        place += size


def _label(box: bytes) -> bytes:
    """The name in the description of a box: behind its kind and a byte of flags, up to a zero."""
    return next(content[17:].split(b"\0", 1)[0] for kind, content in _boxes(box) if kind == b"jumd")


def _cbor(box: bytes) -> bytes:
    return next(content for kind, content in _boxes(box) if kind == b"cbor")


def _byte_string(data: bytes) -> bytes:
    """The byte string at the beginning, with its head."""
    size = data[0] - 0x40
    if 24 <= size <= 26:
        wide = 1 << (size - 24)
        return data[: 1 + wide + int.from_bytes(data[1 : 1 + wide], "big")]
    if 0 <= size < 24:
        return data[: 1 + size]
    raise _odd()


def _head(size: int) -> bytes:
    """Of a byte string of that size."""
    if size < 24:
        return bytes([0x40 + size])
    wide = next(power for power in range(3) if size < 1 << (8 << power))
    return bytes([0x58 + wide]) + size.to_bytes(1 << wide, "big")


def _odd() -> Refusal:
    return Refusal("unreadable", cause="the manifest has another form than is known")
