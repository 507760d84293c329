"""Whom django-axes counts: its own reading of requests knows only a field named "username"."""

from typing import Any

from django.http import HttpRequest


def sign_in_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str | None:
    """The e-mail address that somebody tries to sign in with, in lower case; AXES_USERNAME_CALLABLE."""
    sources: list[Any] = [credentials or {}]
    if request is not None:
        sources.append(request.POST)
    names = (source.get(field) for source in sources for field in ("email", "login", "username"))
    name = next((name for name in names if name), None)
    return name.strip().lower() if name else None
