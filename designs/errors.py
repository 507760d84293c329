"""Refusals with a code for programs and a sentence for people."""


class DesignError(Exception):
    """Something a creator asked for cannot be done; `str()` says what and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
