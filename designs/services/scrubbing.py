"""Every stored file held against its name: all at once by command, or slice by slice by the clock."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from designs.models import Asset, Preview, ScrubCursor
from designs.services.repair import copy_blob, look_at
from designs.storage import BlobMissing, CorruptBlob, StoreUnavailable
from designs.storage.configured import MASTERS, STORES, bare_store, replica_of

logger = structlog.get_logger(__name__)

# How often beat asks for a slice, and how long one may take.
SLICE_EVERY = timedelta(minutes=5)
SLICE_SECONDS = 120
LEASE = timedelta(minutes=6)


@dataclass
class Scrubbed:
    """How many files of one store were looked at, brought back, lost for good, and copied to the replica."""

    checked: int = 0
    restored: int = 0
    lost: int = 0
    copied: int = 0


def scrub(*, say: Callable[[str], object]) -> dict[str, Scrubbed]:
    """Look at masters, sources and previews: those in the store and those that rows name.

    Each finding is a row, a structured log line and a sentence to `say`. Raises StoreUnavailable when a store is away.
    """
    found = {}
    for store in STORES:
        names = {*recorded(store).iterator(), *bare_store(store).names()}
        found[store] = _scrub(store, sorted(names), say)
    return found


def recorded(store: str) -> QuerySet[Asset, str] | QuerySet[Preview, str]:
    """The SHA-256 of every file that rows name, each once, in their order."""
    files = Asset.objects if store == MASTERS else Preview.objects
    return files.order_by("sha256").values_list("sha256", flat=True).distinct()


def _scrub(store: str, names: Iterable[str], say: Callable[[str], object]) -> Scrubbed:
    found = Scrubbed()
    for sha256 in names:
        if not (recorded(store).filter(sha256=sha256).exists() or bare_store(store).exists(sha256)):
            # Discarded since it was listed.
            continue
        found.checked += 1
        look = look_at(store=store, sha256=sha256)
        if look.outcome == "good":
            found.copied += _copied(store, sha256)
            continue
        if look.outcome == "restored":
            found.restored += 1
        else:
            found.lost += 1
        say(f"{store} {sha256}: {look.fault}, {look.outcome}")
    return found


def _copied(store: str, sha256: str) -> int:
    """1 when the replica lacked the file, or had it damaged, and now has it."""
    replica = replica_of(store)
    if replica is None:
        return 0
    # What was never there is no finding.
    if replica.exists(sha256):
        try:
            replica.verify(sha256)
        except (BlobMissing, CorruptBlob):
            pass
        else:
            return 0
    copy_blob(bare_store(store), replica, sha256)
    return 1


def scrub_slices() -> int:
    """Look at the next files of each store, as many as keep the round within SCRUB_DAYS. Returns how many."""
    looked_at = 0
    for store in STORES:
        try:
            looked_at += _slice(store)
        except StoreUnavailable:
            # It has told the log; the slice is made at the next turn.
            continue
    return looked_at


def _slice(store: str) -> int:
    now = timezone.now()
    ScrubCursor.objects.get_or_create(store=store, defaults={"round_began_at": now})
    lease = now + LEASE
    mine = ScrubCursor.objects.filter(store=store, leased_until=lease)
    free = ScrubCursor.objects.filter(store=store)
    if not (free.filter(leased_until=None) | free.filter(leased_until__lt=now)).update(leased_until=lease):
        return 0
    try:
        return _look_on(store, mine, now)
    finally:
        mine.update(leased_until=None)


def _look_on(store: str, mine: QuerySet[ScrubCursor], now: datetime) -> int:
    cursor = mine.get()
    period = timedelta(days=settings.SCRUB_DAYS)
    if now - cursor.round_began_at >= period and not _left(cursor).exists():
        mine.update(after="", checked=0, round_began_at=now)
        cursor.refresh_from_db()
    left = _left(cursor).count()
    # As many as keep the round on its way, and none before its time.
    part = min(1.0, (now - cursor.round_began_at + SLICE_EVERY) / period)
    due = min(left, max(0, math.ceil((cursor.checked + left) * part) - cursor.checked))
    until = time.monotonic() + SLICE_SECONDS
    looked_at = 0
    for sha256 in list(_left(cursor)[:due]):
        if time.monotonic() > until:
            break
        _scrub(store, [sha256], lambda _sentence: None)
        # A store that is away ends the slice before this line: the file is looked at again.
        if not mine.update(after=sha256, checked=F("checked") + 1):
            return looked_at
        looked_at += 1
    if looked_at and looked_at == left:
        mine.update(last_round_ended_at=timezone.now())
        logger.info("scrub_round_ended", store=store, checked=cursor.checked + looked_at)
    return looked_at


def _left(cursor: ScrubCursor) -> QuerySet[Asset, str] | QuerySet[Preview, str]:
    return recorded(cursor.store).filter(sha256__gt=cursor.after)


def overdue_rounds() -> list[ScrubCursor]:
    """Stores whose present round lasts longer than SCRUB_DAYS and a day: the clock or a store stood still."""
    limit = timezone.now() - timedelta(days=settings.SCRUB_DAYS + 1)
    return list(ScrubCursor.objects.filter(round_began_at__lt=limit))
