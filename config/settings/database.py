"""PostgreSQL, from DATABASE_URL: postgres://user:password@host:port/name, or postgres://user@/name?host=/socket/folder."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.environment import text


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for a postgres:// URL. Raises ImproperlyConfigured, without the URL's password."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgres://: Loomprint runs on PostgreSQL only.")
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(
            "DATABASE_URL has a port that is no number: write postgres://user:password@host:port/name, "
            "with %2F for a / in the password."
        ) from None
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(port or query.get("port", [""])[0]),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


DATABASES = {"default": parse_database_url(text("DATABASE_URL"))}
