"""Comparing all versions anew when the thresholds or the fingerprints changed: in batches, and again from anywhere."""

import tempfile
from collections.abc import Callable, Iterator
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
from designs.storage import StorageError, master_store, scratch_folder

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
    return (
        DesignVersion.objects.exclude(facts={})
        .filter(~Exists(checked) | ~Exists(_kept()))
        .exclude(Q(steps__name="fingerprint") & ~Q(steps__state="done"))
        .select_related("master", "design")
        .order_by("pk")
    )


def _kept() -> "QuerySet[Fingerprint]":
    return Fingerprint.objects.filter(asset=OuterRef("master"), algorithm=ALGORITHM)


def recheck(*, limit: int | None = None) -> Iterator[Rechecked]:
    """Compare what is due, one version after the other; each is written by itself, so that an end loses nothing.

    First all fingerprints are made anew, for only those of one kind are compared. At most `limit` versions are done;
    those that cannot be read are told beside them.
    """
    done = 0
    failed = set()
    for version in _in_batches(due().filter(~Exists(_kept()))):
        if done == limit:
            return
        one = _done(version, _fingerprint)
        if one.problem:
            failed.add(version.pk)
            yield one
        else:
            done += 1
    for version in _in_batches(due()):
        if done == limit:
            return
        if version.pk not in failed:
            one = _done(version, lambda version: compare_version(version=version, fingerprint=_fingerprint(version))())
            done += not one.problem
            yield one


def _in_batches(versions: "QuerySet[DesignVersion]") -> Iterator[DesignVersion]:
    after = 0
    while batch := list(versions.filter(pk__gt=after)[:BATCH]):
        yield from batch
        after = batch[-1].pk


def _done(version: DesignVersion, work: Callable[[DesignVersion], object]) -> Rechecked:
    try:
        work(version)
    except (InspectionError, StorageError) as error:
        logger.warning("recheck_failed", version=version.pk, error=str(error))
        return Rechecked(version.pk, str(error))
    return Rechecked(version.pk)


def _fingerprint(version: DesignVersion) -> Fingerprint:
    """The one that is kept, or a new one. Raises InspectionError and StorageError."""
    kept = Fingerprint.objects.filter(asset=version.master, algorithm=ALGORITHM).first()
    if kept is not None:
        return kept
    with tempfile.TemporaryDirectory(prefix="recheck-", dir=scratch_folder()) as folder:
        path = master_store().path(version.master.sha256)
        return fingerprint_of(version.master, path, preflight(path, version.file_name), Path(folder))
