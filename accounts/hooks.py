"""What other apps hand to accounts, once, in AppConfig.ready: how to export, how to erase, what to tell."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from accounts.models import User

    Exporter = Callable[[User], dict[str, Any]]
    Eraser = Callable[[User], None]

_exporters: dict[str, "Exporter"] = {}
_erasers: dict[str, "Eraser"] = {}
_notification_kinds: dict[str, "str | Promise"] = {}
_always_mailed: set[str] = set()


def register_exporter(app: str, exporter: "Exporter") -> None:
    """`exporter(user)` gives what `app` knows about a person, as JSON-ready data."""
    _exporters[app] = exporter


def register_eraser(app: str, eraser: "Eraser") -> None:
    """`eraser(user)` forgets, in the caller's transaction, what `app` may forget about a person."""
    _erasers[app] = eraser


def register_notification_kind(kind: str, label: "str | Promise", *, always_mailed: bool = False) -> None:
    """Give notifications of `kind` the name that people read beside them.

    What is always mailed cannot be switched off: it warns the owner of an account that somebody else may be in.
    """
    _notification_kinds[kind] = label
    if always_mailed:
        _always_mailed.add(kind)


def exporters() -> dict[str, "Exporter"]:
    return dict(_exporters)


def erasers() -> dict[str, "Eraser"]:
    return dict(_erasers)


def label_of_kind(kind: str) -> str:
    """The name of a kind; of one that nobody named, its own words."""
    return str(_notification_kinds.get(kind, kind.replace("_", " ").capitalize()))


def mail_choices() -> dict[str, str]:
    """Every named kind whose mail a person may switch off, with its name, in the order of the names."""
    kinds = ((kind, str(label)) for kind, label in _notification_kinds.items() if kind not in _always_mailed)
    return dict(sorted(kinds, key=lambda one: one[1]))
