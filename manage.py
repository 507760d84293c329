#!/usr/bin/env python3
import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as error:
        if error.name != "django":
            raise
        _run_again_in_venv()
    from django.core.exceptions import ImproperlyConfigured

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def _run_again_in_venv() -> None:
    """A plain python3 has no Django: the one that script/bootstrap installed has."""
    python = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == python.parent.parent:
        sys.exit("Django is not installed: run script/bootstrap first.")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the same script under another Python


if __name__ == "__main__":
    main()
