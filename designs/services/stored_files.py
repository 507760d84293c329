"""The book of what lies in our stores: a file stands in it before it comes, and is held by whoever refers to it.

Both sides meet at its row: who puts a file or makes a row for one waits for the collector to be done with it, and the
collector leaves what was put or referred to since it looked.
"""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from designs.models import StoredFile
from designs.storage import StoreUnavailable


def write_down(*, store: str, sha256: str) -> None:
    """Say that a file comes, before it does and for good: whoever is killed between leaves a row, never a file without
    one. Not within a transaction, which could take the row back and leave the file."""
    with transaction.atomic(durable=True):
        StoredFile.objects.bulk_create(
            [StoredFile(store=store, sha256=sha256, left_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["store", "sha256"],
            update_fields=["left_at"],
        )


def hold_stored(*, store: str, names: Iterable[str]) -> None:
    """Hold files that rows of this transaction will refer to, until it ends. Raises StoreUnavailable where one was
    discarded since it came: whoever brought it brings it again."""
    wanted = set(names)
    held = StoredFile.objects.filter(store=store, sha256__in=wanted).order_by("pk").select_for_update(no_key=True)
    pks = [row.pk for row in held]
    if len(pks) < len(wanted):
        raise StoreUnavailable
    StoredFile.objects.filter(pk__in=pks).update(left_at=None)
