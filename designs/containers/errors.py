"""How a head or a directory is refused, before either side says it in its own way."""

from typing import Any


class ContainerError(ValueError):
    """`code` is one of designs.inspection.reasons; `details` are values for its sentence: short text or numbers."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
