"""Cursors of lists that go on over pages."""

import re

_KEY = re.compile(r"[0-9]{1,18}")


def key_of(text: str) -> int | None:
    """The key that a list goes on after, as an address gives it; None for whatever is no key of a row."""
    return int(text) if _KEY.fullmatch(text) else None
