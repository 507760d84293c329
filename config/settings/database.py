"""PostgreSQL, from DATABASE_URL: postgres://user:password@host:port/name, or postgres://user@/name?host=/socket/folder."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from config.environment import text


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for a postgres:// URL. Raises ValueError for any other scheme."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must start with postgres://: Loomprint runs on PostgreSQL only.")
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or query.get("port", [""])[0]),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


DATABASES = {"default": parse_database_url(text("DATABASE_URL"))}
