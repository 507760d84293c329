"""Files that no row refers to any more: those of discarded drafts, and what was replaced or removed, of everybody.

What proves it safe: a file goes in the transaction that deletes its row, after the database itself has said that no
other row refers to that. Whoever makes a row for a file (`asset_of`) waits for the same lock, and then looks whether
the file is there. What has no row is not touched: a database that was brought back from yesterday, or that is
another's, knows nothing of it.
"""

from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from common.locks import Lock, hold
from designs.models import Asset, RegistryEntry
from designs.storage.configured import MASTERS, bare_store, replica_of

logger = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=1)
AT_ONCE = 200


def discard_unreferenced(*, limit: int = AT_ONCE) -> int:
    """Delete files that came more than a day ago and that nothing refers to, with their rows and fingerprints. Returns
    how many. Raises StoreUnavailable when their store is away: the one at hand stays whole."""
    due = unreferenced().filter(created_at__lt=timezone.now() - KEPT_FOR).order_by("pk")
    found = list(due.values_list("pk", "sha256")[:limit])
    gone = sum(_discard(pk, sha256) for pk, sha256 in found)
    if found:
        logger.info("unreferenced_discarded", found=len(found), gone=gone)
    return gone


def unreferenced() -> QuerySet[Asset]:
    """Rows of files that belong to nothing here, and that no entry on a chain names."""
    entry = RegistryEntry.objects.filter(output_hash=Concat(Value("0x"), OuterRef("sha256")))
    nowhere = Asset.objects.filter(master_of=None, attached=None, renditions=None, manifest_of=None)
    return nowhere.exclude(Exists(entry))


def _discard(pk: int, sha256: str) -> bool:
    with transaction.atomic():
        hold(Lock.ASSET, sha256)
        # Looked at anew: until the lock was ours, somebody may have come with the same file.
        deleted, _rows = unreferenced().filter(pk=pk).delete()
        if not deleted:
            return False
        # Also what this code knows nothing of refers to the row by a foreign key: now, not when all is gone.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # The replica first: where it is away, the file stays.
        for store in (replica_of(MASTERS), bare_store(MASTERS)):
            if store is not None:
                store.discard(sha256)
    return True
