"""Comparing all versions anew when the thresholds or the fingerprints changed: in batches, and again from anywhere."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet

from designs.inspection import InspectionError, preflight
from designs.models import DesignVersion, Fingerprint, OriginalityCheck
from designs.originality import ALGORITHM
from designs.originality.thresholds import thresholds
from designs.services.fingerprints import fingerprint_of
from designs.services.originality import compare_version
from designs.storage import StorageError, master_store

logger = structlog.get_logger(__name__)

BATCH = 100


@dataclass(frozen=True)
class Rechecked:
    """One version: done, or why not."""

    version_id: int
    problem: str = ""


def due() -> "QuerySet[DesignVersion]":
    """Versions that were not compared by the present thresholds and fingerprints, oldest first.

    What is still being processed is left to its own step.
    """
    checked = OriginalityCheck.objects.filter(version=OuterRef("pk"), thresholds=thresholds().version)
    kept = Fingerprint.objects.filter(asset=OuterRef("master"), algorithm=ALGORITHM)
    return (
        DesignVersion.objects.exclude(facts={})
        .filter(~Exists(checked) | ~Exists(kept))
        .exclude(Q(steps__name="fingerprint") & ~Q(steps__state="done"))
        .select_related("master", "design")
        .order_by("pk")
    )


def recheck(*, limit: int | None = None) -> Iterator[Rechecked]:
    """Compare what is due, one version after the other; each is written by itself, so that an end loses nothing."""
    after, left = 0, limit
    while left is None or left > 0:
        size = BATCH if left is None else min(BATCH, left)
        batch = list(due().filter(pk__gt=after)[:size])
        if not batch:
            return
        for version in batch:
            yield _recheck(version)
        after = batch[-1].pk
        left = None if left is None else left - len(batch)


def _recheck(version: DesignVersion) -> Rechecked:
    try:
        with tempfile.TemporaryDirectory(prefix="recheck-") as folder:
            path = master_store().path(version.master.sha256)
            detected = preflight(path, version.file_name)
            kept = fingerprint_of(version.master, path, detected, Path(folder))
        compare_version(version=version, fingerprint=kept)()
    except (InspectionError, StorageError) as error:
        logger.warning("recheck_failed", version=version.pk, error=str(error))
        return Rechecked(version.pk, str(error))
    return Rechecked(version.pk)
