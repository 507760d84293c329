"""Settings come from the environment; a local start leaves them in a file for a plain shell."""

import os
import re
from functools import cache
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("LOOMPRINT_VAR", BASE_DIR / "var"))


@cache
def _local_file() -> dict[str, str]:
    path = VAR_DIR / "local.env"
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def text(name: str, default: str | None = None) -> str:
    """The value of a variable; raises ImproperlyConfigured, naming it, when it is set nowhere."""
    value = os.environ.get(name) or _local_file().get(name) or default
    if value is None:
        raise _improper(f"{name} is not set. Start the services with script/server, or set {name} in the environment.")
    return value


def _improper(sentence: str) -> Exception:
    from django.core.exceptions import ImproperlyConfigured

    return ImproperlyConfigured(sentence)


def flag(name: str, default: bool = False) -> bool:
    return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """Raises ImproperlyConfigured, naming the variable, when its value is no whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise _improper(f"{name} is {value!r} and must be a whole number: correct it, or unset it.") from None


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def named_keys(name: str) -> dict[str, str]:
    """Keys of 32 bytes as hex by their names, in their order; from NAME:KEY with commas between."""
    keys: dict[str, str] = {}
    for word in words(name):
        found = re.fullmatch(r"([a-z0-9][a-z0-9._-]{0,39}):([0-9a-fA-F]{64})", word)
        if found is None or found[1] in keys:
            raise _improper(
                f"{name} must be NAME:KEY with commas between, the newest first: each name once, of lower-case "
                "letters, digits, points and dashes; each key 32 bytes in hex (64 digits)."
            )
        keys[found[1]] = found[2]
    return keys
