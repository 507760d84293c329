"""Values of attributes in a 3MF, each as strict as the schema has it. All of them raise Refusal."""

import numpy as np

from designs.untrusted.geometry import Floats
from designs.untrusted.refusal import Refusal

LARGEST = 2**31 - 1


def needed(values: dict[str, str], name: str) -> str:
    """The attribute of this name."""
    value = values.get(name)
    if value is None:
        raise Refusal("3mf_missing_attribute", what=name)
    return value


def whole(word: str, what: str) -> int:
    """A number or an index of a resource, below 2^31."""
    # int() would take signs, underscores and other scripts' digits.
    if not (word.isascii() and word.isdigit()) or len(word) > 10 or int(word) > LARGEST:
        raise Refusal("3mf_bad_value", what=f"{what}: {word[:40]}")
    return int(word)


def decimal(word: str) -> float:
    """A number in decimal notation; whether it is finite is asked of the whole mesh at once."""
    try:
        if "_" not in word:
            return float(word)
    except ValueError:
        pass
    raise Refusal("3mf_bad_value", what=word[:40])


def matrix(text: str | None) -> Floats:
    """The 4 × 3 matrix that rows are multiplied with; the one that changes nothing if none is given."""
    if text is None:
        return np.eye(4)[:, :3]
    numbers = np.array([decimal(word) for word in text.split()])
    if len(numbers) != 12:
        raise Refusal("3mf_bad_value", what=f"transform: {text[:40]}")
    if not np.isfinite(numbers).all():
        raise Refusal("not_finite")
    return numbers.reshape(4, 3)


def color(word: str) -> tuple[float, ...]:
    """#RRGGBB or #RRGGBBAA in sRGB, as linear red, green, blue."""
    digits = word.removeprefix("#")
    if word[:1] != "#" or len(digits) not in (6, 8) or not all(c in "0123456789abcdefABCDEF" for c in digits):
        raise Refusal("3mf_bad_value", what=f"color: {word[:40]}")
    encoded = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return tuple(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in encoded)
