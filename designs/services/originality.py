"""Comparing a version with all others: candidates from the indexes, then laid over each other, then kept.

Whoever comes second finds the match, in whichever order the two were uploaded: a fingerprint is committed before
anything is compared with it, and a match belongs to the later of both versions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from designs.models import DesignVersion, Fingerprint, OriginalityCheck, OriginalityMatch
from designs.nearest import near_pictures, near_shapes
from designs.originality import ALGORITHM
from designs.originality.comparison import Found, compare_pictures, compare_shapes
from designs.originality.thresholds import Thresholds, thresholds

logger = structlog.get_logger(__name__)

VERIFIED_AT_MOST = 40
"""Candidates that are laid over a version, nearest first: a second or less each."""
LISTED_AT_MOST = 100
"""Versions of other designs that one version is matched with."""
Kind = OriginalityMatch.Kind
Write = Callable[[], object]


@dataclass(frozen=True)
class _Match:
    asset_id: int
    kind: str
    measures: dict[str, Any]


def compare_version(
    *, version: DesignVersion, fingerprint: Fingerprint, tell: Callable[[str, float], None] | None = None
) -> Write:
    """Compare and return what is to be written: the version's matches, in place of former ones. May be called again.

    `fingerprint` is committed. `tell` is called between two candidates; what it raises ends the comparison.
    """
    limits = thresholds()
    found = {match.asset_id: match for match in _near(fingerprint, limits, tell)}
    for asset_id in _same_content(fingerprint):
        found[asset_id] = _Match(asset_id, Kind.SAME_CONTENT, {})
    found[fingerprint.asset_id] = _Match(fingerprint.asset_id, Kind.SAME_FILE, {})
    return lambda: _write(version, found, limits)


def _same_content(fingerprint: Fingerprint) -> Iterable[int]:
    same = Fingerprint.objects.filter(content=fingerprint.content, algorithm=ALGORITHM)
    return same.exclude(pk=fingerprint.pk).values_list("asset_id", flat=True)[:LISTED_AT_MOST]


def _near(fingerprint: Fingerprint, limits: Thresholds, tell: Callable[[str, float], None] | None) -> Iterable[_Match]:
    compare: Callable[[Any, Any, Thresholds], Found | None]
    if fingerprint.thumbnail is not None:
        chosen, compare = near_pictures(fingerprint, limits, at_most=VERIFIED_AT_MOST), compare_pictures
    elif fingerprint.points is not None:
        chosen, compare = near_shapes(fingerprint, limits, at_most=VERIFIED_AT_MOST), compare_shapes
    else:
        return
    for at, other in enumerate(chosen):
        if tell is not None:
            tell("compare", at / len(chosen))
        if other.content == fingerprint.content:
            continue
        try:
            verdict = compare(other, fingerprint, limits)
        except Exception:
            # One pair that cannot be computed keeps nobody from publishing.
            logger.exception("comparison_broke", asset=fingerprint.asset_id, other=other.asset_id)
            continue
        if verdict is not None:
            yield _Match(other.asset_id, Kind.STRETCHED if verdict.stretched else Kind.NEAR_COPY, verdict.measures)


def _came(version: DesignVersion) -> tuple[datetime, int]:
    return version.file_at, version.pk


def _rows(version: DesignVersion, found: dict[int, _Match], limits: Thresholds) -> list[OriginalityMatch]:
    others = (
        DesignVersion.objects.filter(master__in=list(found))
        .exclude(design=version.design_id)
        .order_by("id")[:LISTED_AT_MOST]
    )
    rows = []
    for other in others:
        match = found[other.master_id]
        later, earlier = (version, other) if _came(other) < _came(version) else (other, version)
        rows.append(
            OriginalityMatch(
                version=later,
                earlier=earlier,
                kind=match.kind,
                measures=match.measures,
                thresholds=limits.version,
            )
        )
    return rows


def _write(compared: DesignVersion, found: dict[int, _Match], limits: Thresholds) -> None:
    with transaction.atomic():
        # Two comparisons of a pair may end at once: the later of both rows stands.
        version = DesignVersion.objects.select_for_update(no_key=True).filter(pk=compared.pk).first()
        if version is None or version.master_id != compared.master_id:
            # Deleted, or another file came in its place, which is compared by its own step.
            return
        rows = _rows(version, found, limits)
        # Nothing was found of those whose fingerprint is of another kind, for nothing was looked for.
        known = Fingerprint.objects.filter(algorithm=ALGORITHM).values("asset")
        OriginalityMatch.objects.filter(version=version, earlier__master__in=known).delete()
        OriginalityMatch.objects.filter(earlier=version, version__master__in=known).delete()
        OriginalityMatch.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["version", "earlier"],
            update_fields=["kind", "measures", "thresholds"],
        )
        OriginalityCheck.objects.update_or_create(
            version=version, defaults={"thresholds": limits.version, "checked_at": timezone.now()}
        )
    logger.info("originality_compared", version=version.pk, matches=len(rows))
