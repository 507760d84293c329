"""What moderation refuses, in sentences for the person who asked."""


class ModerationRefused(Exception):
    """Nothing was changed; `str()` says why and `code` names it for tests and pages."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
