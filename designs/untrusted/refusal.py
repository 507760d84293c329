"""How a child says no: a code that the parent turns into a sentence."""

from typing import Any


class Refusal(Exception):
    """The file is not taken. `details` are values for the sentence: short text or numbers."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
