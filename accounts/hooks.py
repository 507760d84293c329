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


def register_exporter(app: str, exporter: "Exporter") -> None:
    """`exporter(user)` gives what `app` knows about a person, as JSON-ready data."""
    _exporters[app] = exporter


def register_eraser(app: str, eraser: "Eraser") -> None:
    """`eraser(user)` forgets, in the caller's transaction, what `app` may forget about a person."""
    _erasers[app] = eraser


def register_notification_kind(kind: str, label: "str | Promise") -> None:
    """Give notifications of `kind` the name that people read beside them."""
    _notification_kinds[kind] = label


def exporters() -> dict[str, "Exporter"]:
    return dict(_exporters)


def erasers() -> dict[str, "Eraser"]:
    return dict(_erasers)


def label_of_kind(kind: str) -> str:
    """The name of a kind; of one that nobody named, its own words."""
    return str(_notification_kinds.get(kind, kind.replace("_", " ").capitalize()))


def notification_kinds() -> dict[str, str]:
    """Every kind that an app named, with its name, in the order of the names."""
    return dict(sorted(((kind, str(label)) for kind, label in _notification_kinds.items()), key=lambda one: one[1]))
