"""Whose key signed: the address recovered from an ECDSA signature on secp256k1 (SEC 1 version 2.0, 4.1.6).

Nothing here is secret, so nothing here runs in constant time.
"""

if __package__:
    from .keccak import keccak256
else:
    from keccak import keccak256  # type: ignore[import-not-found, no-redef]

_FIELD = 2**256 - 2**32 - 977
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_Point = tuple[int, int] | None


def recovered_address(digest: bytes, signature: bytes) -> str | None:
    """The address (0x and 40 lower-case digits) whose key signed this digest of 32 bytes; None where nobody's did.

    `signature` is r, s and v (27 or 28), 65 bytes. The larger of the two values of s is refused, as EIP-2 does, so
    that a signature has one form only.
    """
    if len(digest) != 32 or len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        return None
    square = (pow(r, 3, _FIELD) + 7) % _FIELD
    y = pow(square, (_FIELD + 1) // 4, _FIELD)
    if y * y % _FIELD != square:
        return None
    if y % 2 != signature[64] - 27:
        y = _FIELD - y
    inverse = pow(r, -1, _ORDER)
    message = int.from_bytes(digest, "big")
    key = _sum(_times(-message * inverse % _ORDER, _GENERATOR), _times(s * inverse % _ORDER, (r, y)))
    if key is None:
        return None
    return "0x" + keccak256(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[-20:].hex()


def _sum(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % _FIELD == 0:
            return None
        slope = 3 * one[0] * one[0] * pow(2 * one[1], -1, _FIELD)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _FIELD)
    x = (slope * slope - one[0] - other[0]) % _FIELD
    return x, (slope * (one[0] - x) - one[1]) % _FIELD


def _times(factor: int, point: _Point) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        factor >>= 1
    return total
