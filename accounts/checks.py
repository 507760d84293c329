"""Start-up checks: a wrong key-encryption key is said before the first account is opened."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def check_custody_key(**kwargs: Any) -> list[CheckMessage]:
    """CUSTODY_KEY is 32 bytes in hex; none at all is a warning, because some commands need no accounts."""
    value = settings.CUSTODY_KEY.removeprefix("0x")
    if not value:
        return [
            Warning(
                "CUSTODY_KEY is not set: no account can be opened and nothing can be signed.",
                hint="Set it to 32 random bytes in hex and keep a copy apart from the database.",
                id="accounts.W001",
            )
        ]
    try:
        is_usable = len(bytes.fromhex(value)) == 32
    except ValueError:
        is_usable = False
    if is_usable:
        return []
    return [Error("CUSTODY_KEY must be 32 bytes in hex (64 digits).", id="accounts.E001")]
