"""What a file says of its own making, as the fields of a draft: filled where silent, and marked until confirmed."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from designs.file_says import FIELDS
from designs.models import DesignVersion

_EMPTY: dict[str, Any] = {"parameters": {}, "tools": []}


def fill_silent(*, version_id: int, said: dict[str, Any]) -> None:
    """Keep what the file says, and fill the fields that nobody has filled. Call in the transaction of the step."""
    version = DesignVersion.objects.select_for_update().get(pk=version_id)
    version.file_says = said
    stated = said.get("fields", {})
    marks = [name for name in FIELDS if name in stated and not getattr(version, name)]
    # A version without its name belongs to another model than the one that the creator names.
    if "model_version" in marks and "model_name" not in marks and version.model_name != stated.get("model_name"):
        marks.remove("model_version")
    for name in marks:
        setattr(version, name, stated[name])
    version.read_from_file = list(dict.fromkeys([*version.read_from_file, *marks]))
    version.save(update_fields=["file_says", "read_from_file", *marks])


@transaction.atomic
def settle(*, version: DesignVersion, wish: str, names: Sequence[str] = ()) -> None:
    """Keep fields as the creator's word, drop them, or take them from the file; only what the file says is touched."""
    version = DesignVersion.objects.select_for_update().get(pk=version.pk)
    stated = version.file_says.get("fields", {})
    marked = set(version.read_from_file)
    chosen = [name for name in FIELDS if name in (names or FIELDS)]
    changed = []
    for name in chosen:
        if wish == "take" and name in stated:
            setattr(version, name, stated[name])
            marked.add(name)
            changed.append(name)
        elif wish in ("keep", "drop") and name in marked:
            marked.discard(name)
            if wish == "drop":
                setattr(version, name, _EMPTY.get(name, ""))
                changed.append(name)
    version.read_from_file = [name for name in FIELDS if name in marked]
    version.save(update_fields=["read_from_file", *changed])


def forget_unconfirmed(*, version: DesignVersion) -> None:
    """Empty what was read from a file that is being replaced; what the creator confirmed stays."""
    for name in version.read_from_file:
        setattr(version, name, _EMPTY.get(name, ""))
    names = [*version.read_from_file]
    version.read_from_file, version.file_says = [], {}
    version.save(update_fields=["file_says", "read_from_file", *names])
