"""Start-up checks: a wrong key-encryption key is said before the first account is opened."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.checks import check_admin_app
from django.core.checks import CheckMessage, Error, Tags, Warning, register


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


@register(Tags.admin)
def check_what_is_administered(**kwargs: Any) -> list[CheckMessage]:
    """What the admin shows is looked for when its addresses are (config/urls.py), which may be after its own check."""
    admin.autodiscover()
    return check_admin_app(None)
