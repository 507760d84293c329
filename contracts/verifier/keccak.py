"""Keccak-256 as Ethereum uses it: the sponge of FIPS 202 with the padding from before it became SHA-3."""

_LANES = (1 << 64) - 1
_RATE = 136


def _round_constants() -> list[int]:
    """From the linear feedback register of FIPS 202, algorithm 5."""
    constants, register = [], 1
    for _round in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


_CONSTANTS = _round_constants()


def _turned(lane: int, by: int) -> int:
    by %= 64
    return ((lane << by) | (lane >> (64 - by))) & _LANES


def _permuted(state: list[int]) -> list[int]:
    """24 rounds over 25 lanes; lane x, y stands at x + 5 y."""
    for constant in _CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ _turned(columns[(x + 1) % 5], 1) for x in range(5)]
        state = [lane ^ mixed[place % 5] for place, lane in enumerate(state)]
        x, y, moving = 1, 0, state[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            moving, state[x + 5 * y] = state[x + 5 * y], _turned(moving, (step + 1) * (step + 2) // 2)
        state = [
            state[place] ^ (~state[place - place % 5 + (place + 1) % 5] & state[place - place % 5 + (place + 2) % 5])
            for place in range(25)
        ]
        state[0] ^= constant
    return state


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256."""
    padded = bytearray(data) + b"\x01"
    padded += bytes(-len(padded) % _RATE)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def checksummed(address: str) -> str:
    """An address (0x and 40 lower-case digits) with the capitals of EIP-55, as people are shown it."""
    digits = address[2:]
    marks = keccak256(digits.encode()).hex()
    return "0x" + "".join(one.upper() if mark >= "8" else one for one, mark in zip(digits, marks, strict=False))
