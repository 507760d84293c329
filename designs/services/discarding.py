"""Files that no row refers to any more, or that never had one: those of discarded drafts, what was replaced or removed,
pictures that better ones replaced, and what killed uploads and steps left whole.

What proves it safe: a file goes in the transaction that strikes it out of the book (`stored_files`), after it was
found without a reference twice, a day apart, and the database itself has said at the end that nothing refers to its
row. Whoever brings the file or refers to it meanwhile changes its line of the book, and it stays. What does not stand
in the book is not touched: a database that was brought back from yesterday, or that is another's, knows nothing of it.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from designs.models import Asset, Attachment, DesignVersion, Preview, RegistryEntry, Rendition, StoredFile
from designs.storage.configured import MASTERS, PREVIEWS, STORES, bare_store, replica_of

logger = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=1)
AT_ONCE = 6000
"""More than pictures are signed anew in the same hour (`preview_credentials`)."""


def discard_unreferenced(*, limit: int = AT_ONCE) -> int:
    """Note which files nothing refers to, and delete those that nothing has referred to for a day, with their rows and
    fingerprints: of each store as many as `limit`. Returns how many went. Raises StoreUnavailable when a store is away:
    the one at hand stays whole."""
    return sum(_note_and_discard(store, limit) for store in STORES)


def unreferenced(store: str) -> QuerySet[StoredFile]:
    """Files of a store that belong to nothing here, and that no entry on a chain names."""
    files = StoredFile.objects.filter(store=store)
    sha256 = OuterRef("sha256")
    if store == PREVIEWS:
        return files.exclude(Exists(Preview.objects.filter(sha256=sha256)))
    entry = RegistryEntry.objects.filter(output_hash=Concat(Value("0x"), sha256))
    return (
        files.exclude(Exists(DesignVersion.objects.filter(master__sha256=sha256)))
        .exclude(Exists(Attachment.objects.filter(asset__sha256=sha256)))
        .exclude(Exists(Rendition.objects.filter(asset__sha256=sha256)))
        .exclude(Exists(Rendition.objects.filter(manifest__sha256=sha256)))
        .exclude(Exists(entry))
    )


def adopt(*, store: str, names: Iterable[str]) -> int:
    """Write down files of which this database knows nothing, so that they go a day after nothing was found to refer to
    them. Returns how many are new."""
    now = timezone.now()
    before = StoredFile.objects.filter(store=store).count()
    rows = (StoredFile(store=store, sha256=sha256, left_at=now) for sha256 in names)
    while part := list(islice(rows, AT_ONCE)):
        StoredFile.objects.bulk_create(part, ignore_conflicts=True)
    return StoredFile.objects.filter(store=store).count() - before


def _note_and_discard(store: str, limit: int) -> int:
    now = timezone.now()
    with transaction.atomic():
        # What somebody holds is about to be referred to, and waits for the next round.
        left = unreferenced(store).filter(left_at=None).select_for_update(skip_locked=True)
        StoredFile.objects.filter(pk__in=list(left.values_list("pk", flat=True)[:limit])).update(left_at=now)
    due = StoredFile.objects.filter(store=store, left_at__lt=now - KEPT_FOR).order_by("left_at", "pk")
    found = list(due.values_list("pk", "sha256")[:limit])
    gone = sum(_discard_or_keep(store, pk, sha256) for pk, sha256 in found)
    if found:
        logger.info("unreferenced_discarded", store=store, found=len(found), gone=gone)
    return gone


def _discard_or_keep(store: str, pk: int, sha256: str) -> bool:
    try:
        return _discard(store, pk, sha256)
    except IntegrityError as error:
        logger.error("unreferenced_kept", store=store, sha256=sha256, error=str(error))
    # Behind all others, for another day: what always fails keeps none of them from its turn.
    now = timezone.now()
    StoredFile.objects.filter(pk=pk, left_at__lt=now - KEPT_FOR).update(left_at=now)
    return False


def _discard(store: str, pk: int, sha256: str) -> bool:
    with transaction.atomic():
        # Looked at anew, once the row is ours: until then, somebody may have come with the same file.
        since = timezone.now() - KEPT_FOR
        if not StoredFile.objects.select_for_update().filter(pk=pk, left_at__lt=since).exists():
            return False
        if not unreferenced(store).filter(pk=pk).exists():
            StoredFile.objects.filter(pk=pk).update(left_at=None)
            return False
        StoredFile.objects.filter(pk=pk).delete()
        if store == MASTERS:
            Asset.objects.filter(sha256=sha256).delete()
        # Also what this code knows nothing of refers to the row by a foreign key: now, not when all is gone.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # The replica first: where it is away, the file stays.
        for place in (replica_of(store), bare_store(store)):
            if place is not None:
                place.discard(sha256)
    return True
