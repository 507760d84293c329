"""One byte string per JSON value: RFC 8785, with refusals that say where and why."""

import math
from typing import Any

import rfc8785

MAX_SAFE_INTEGER = 2**53 - 1
MAX_DEPTH = 64


class UnsafeValue(ValueError):
    """A value without one canonical form for all JSON readers; `path` says which, `code` and `reason` why."""

    def __init__(self, path: str, code: str, reason: str) -> None:
        super().__init__(f"{path or 'the value'}: {reason}")
        self.path = path
        self.code = code
        self.reason = reason


def canonical(value: Any, *, path: str = "") -> bytes:
    """The RFC 8785 form of a JSON value. `path` names the value in errors. Raises UnsafeValue.

    Integers are safe up to 2^53 - 1 in size (RFC 7493); larger ones are to be given as strings.
    """
    _check(value, path, 0)
    return rfc8785.dumps(value)


def _check(value: Any, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise UnsafeValue(path, "too_deep", f"is nested deeper than {MAX_DEPTH} levels")
    match value:
        case None | bool():
            return
        case str():
            _check_text(value, path)
        case int():
            if abs(value) > MAX_SAFE_INTEGER:
                raise UnsafeValue(
                    path,
                    "integer_too_large",
                    "is a whole number beyond 2^53 - 1, which JSON readers round; give it as a string",
                )
        case float():
            if not math.isfinite(value):
                raise UnsafeValue(path, "not_finite", "is not a finite number; leave it out or give it as a string")
        case list() | tuple():
            for index, item in enumerate(value):
                _check(item, f"{path}[{index}]", depth + 1)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise UnsafeValue(path, "key_not_text", f"has a key that is not a string: {key!r}")
                _check_text(key, f"{path}.{key!r}")
                _check(item, f"{path}.{key}" if path else key, depth + 1)
        case _:
            raise UnsafeValue(path, "not_json", f"is a {type(value).__name__}, which JSON does not have")


def _check_text(text: str, path: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UnsafeValue(path, "broken_text", "holds half a character (a lone surrogate)") from None
