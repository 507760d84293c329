"""Fitting the thresholds on one half and judging them on the other: recall of each change, and false matches.

Deterministic: every change draws from a seed of the subject's name. A query is a changed subject; it is to match its
own subject, and no other one of the half.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np

from designs.originality import halves
from designs.originality.alignment import Alignment, align
from designs.originality.comparison import (
    align_unstretched,
    compare_pictures,
    compare_shapes,
    gray_of,
    lay_corners,
    points_of,
)
from designs.originality.overlay import Overlay, overlay
from designs.originality.pdq import differing_bits
from designs.originality.thresholds import Thresholds

Told = Callable[[str], None]
LETTERED = "overlay text"
DEMANDING = ("moved", "mirrored", "subdivided", "format", "decimated 0.25")
"""Changes of which 98 of 100 are to be found; of the others 90, and of stretches 85."""
WIDE = Thresholds(
    version=0,
    distances_radius=0.13,
    harmonics_radius=0.65,
    unstretched_radius=0.3,
    spacing=99.0,
    inside=0.0,
    missing=0.0,
    thinned=0.0,
    corners=0.0,
    unstretched_spacing=99.0,
    hash_radius=96,
    agreement=0.0,
    beside=0.0,
    hash_quality=0,
)
"""What fitting looks at: wider than any threshold may become."""
_CANDIDATES = 2
_FALSE_SHARE = 0.0005 / 4
"""Of different pairs, what each of the four rules may wrongly match on the fitted half: together half of what is
promised for the other one."""
_SPARE = 1.5
_SIGNED_ALIKE = 4


@dataclass
class Outcome:
    """Queries and found ones by change; different pairs, and those that were called a match."""

    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pairs: int = 0
    false: list[str] = field(default_factory=list)

    def add(self, subject: str, change: str, matched: str, *, different: bool) -> None:
        """Count one match: with the subject itself, or with a different one."""
        if matched == subject:
            self.found[change] += 1
        elif different:
            self.false.append(f"{subject}, {change}: {matched}")

    def recall(self, changes: Sequence[str]) -> float:
        """Found of asked over these changes."""
        asked = sum(self.asked[change] for change in changes)
        return sum(self.found[change] for change in changes) / asked if asked else 1.0

    @property
    def false_rate(self) -> float:
        return len(self.false) / self.pairs if self.pairs else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "recall": {change: [self.found[change], self.asked[change]] for change in self.asked},
            "different_pairs": self.pairs,
            "false_matches": self.false,
        }


@dataclass(frozen=True)
class _Known:
    name: str
    family: str
    kept: SimpleNamespace


def _chance(name: str) -> np.random.Generator:
    return np.random.default_rng(crc32(name.encode()))


def shape_queries(name: str, corpus: Path | None, tell: Told) -> tuple[list[_Known], list[tuple[str, str, Any]]]:
    """The shapes of a half as they would be kept, and every changed one: subject, change, kept."""
    known, queries = [], []
    with _workers() as pool:
        for subject, kept, changed in pool.map(_kept_shapes, halves.subjects(name, corpus)):
            known.append(_Known(subject.name, subject.family, kept))
            queries += [(subject.name, change, each) for change, each in changed]
            tell(f"{subject.name[:40]}: {len(subject.mesh[1])} triangles")
    return known, queries


def _kept_shapes(subject: halves.Subject) -> tuple[halves.Subject, SimpleNamespace, list[tuple[str, SimpleNamespace]]]:
    changed = halves.changed_meshes(subject.mesh, _chance(subject.name))
    return subject, halves.kept_shape(subject.mesh), [(change, halves.kept_shape(mesh)) for change, mesh in changed]


def near(known: Sequence[_Known], query: Any, limits: Thresholds) -> list[_Known]:
    """Those within a radius of the query, nearest first, as designs.nearest finds them."""
    ranked = []
    for one in known:
        part = min(
            float(np.linalg.norm(one.kept.distances - query.distances)) / limits.distances_radius,
            float(np.linalg.norm(one.kept.harmonics - query.harmonics)) / limits.harmonics_radius,
            float(np.linalg.norm(one.kept.unstretched - query.unstretched)) / limits.unstretched_radius,
        )
        if part <= 1:
            ranked.append((part, one.name, one))
    return [one for _part, _name, one in sorted(ranked, key=lambda each: each[:2])]


def judge_shapes(name: str, corpus: Path | None, limits: Thresholds, tell: Told) -> Outcome:
    """What these thresholds do on the shapes of a half."""
    known, queries = shape_queries(name, corpus, tell)
    outcome = Outcome()
    families = {one.name: one.family for one in known}
    candidates: list[_Pair] = []
    for subject, change, kept in queries:
        outcome.asked[change] += 1
        outcome.pairs += sum(one.family != families[subject] for one in known)
        candidates += [(subject, change, one, kept) for one in near(known, kept, limits)]
    for subject, change, one in _matches(candidates, compare_shapes, limits, tell):
        outcome.add(subject, change, one.name, different=one.family != families[subject])
    return outcome


_Pair = tuple[str, str, _Known, Any]
"""A query's subject and change, and what it may be a copy of; then the query as it would be kept."""


def _matches(
    candidates: Sequence[_Pair], compare: Callable[[Any, Any, Thresholds], Any], limits: Thresholds, tell: Told
) -> Iterator[tuple[str, str, _Known]]:
    """The pairs that match, exactly or laid over each other."""
    yield from (pair[:3] for pair in candidates if pair[2].kept.content == pair[3].content)
    unlike = [pair for pair in candidates if pair[2].kept.content != pair[3].content]
    first, second = [one.kept for *_who, one, _kept in unlike], [kept for *_who, kept in unlike]
    with _workers() as pool:
        verdicts = pool.map(compare, first, second, repeat(limits), chunksize=2)
        for (subject, change, one, _kept), verdict in zip(unlike, verdicts, strict=True):
            tell(f"{subject[:40]}, {change}, over {one.name[:40]}: {verdict}")
            if verdict is not None:
                yield subject, change, one


def fit_shapes(corpus: Path | None, tell: Told) -> dict[str, float]:
    """Radii and what decides about surfaces, from the half "fit"."""
    known, queries = shape_queries("fit", corpus, tell)
    families = {one.name: one.family for one in known}
    by_name = {one.name: one for one in known}
    radii: dict[str, list[float]] = defaultdict(list)
    pairs = 0
    plain: list[tuple[str, _Known, Any]] = []
    unstretched: list[tuple[str, _Known, Any]] = []
    for subject, change, kept in queries:
        mine = by_name[subject]
        if change != "stretched":
            radii["distances_radius"].append(float(np.linalg.norm(mine.kept.distances - kept.distances)))
            radii["harmonics_radius"].append(float(np.linalg.norm(mine.kept.harmonics - kept.harmonics)))
            plain.append((subject, mine, kept))
        else:
            radii["unstretched_radius"].append(float(np.linalg.norm(mine.kept.unstretched - kept.unstretched)))
            unstretched.append((subject, mine, kept))
        strangers = [one for one in known if one.family != families[subject]]
        pairs += len(strangers)
        plain += [(subject, one, kept) for one in near(strangers, kept, WIDE)[:_CANDIDATES]]
        alike = replace(WIDE, distances_radius=0.001, harmonics_radius=0.001)
        unstretched += [(subject, one, kept) for one in near(strangers, kept, alike)[:1]]
    laid, laid_others = _laid_over(plain, _plain, tell)
    own, others = [one for one, _apart in laid], [one for one, _apart in laid_others]
    undone, others_undone = (
        [one.spacing for one, _apart in each] for each in _laid_over(unstretched, _unstretched, tell)
    )
    found = {name: _radius(values) for name, values in radii.items()}
    allowed = int(_FALSE_SHARE * pairs)
    found["spacing"] = _bound([one.spacing for one in own], [one.spacing for one in others], allowed)
    found["unstretched_spacing"] = _bound(undone, others_undone, allowed)
    # What may be missing is what copies lack; the smaller one lies inside as exactly as nine of ten copies do.
    found["missing"] = round(float(np.quantile([one.missing for one in own], 0.99)) * 1.02, 3)
    within = [one.inside for one in others if one.missing <= found["missing"]]
    found["inside"] = _bound([one.inside for one in own], within, allowed, of=0.9)
    # Of what is as far away as thinned copies are, the corners decide.
    found["thinned"] = round(float(np.quantile([one.spacing for one in own], 0.99)) * 1.02, 3)
    apart = [apart for one, apart in laid_others if one.spacing <= found["thinned"]]
    found["corners"] = _bound([apart for _one, apart in laid if np.isfinite(apart)], apart, allowed)
    return found


def _workers() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(mp_context=get_context("spawn"))


Laid = tuple[Alignment, float]
"""Two surfaces laid over each other, and how far the coarser one's corners are then away."""


def _plain(one: Any, other: Any) -> Laid:
    found = align(points_of(one.points), points_of(other.points))
    return found, lay_corners(one, other, found)


def _unstretched(one: Any, other: Any) -> Laid:
    plain, _apart = _plain(one, other)
    return align_unstretched(one, other, plain), np.inf


def _laid_over(
    pairs: Sequence[tuple[str, _Known, Any]], lay: Callable[[Any, Any], Laid], tell: Told
) -> tuple[list[Laid], list[Laid]]:
    """The subjects' own copies laid over them, and strangers."""
    own: list[Laid] = []
    others: list[Laid] = []
    first, second = [one.kept for _subject, one, _kept in pairs], [kept for _subject, _one, kept in pairs]
    with _workers() as pool:
        for (subject, one, _kept), found in zip(pairs, pool.map(lay, first, second, chunksize=4), strict=True):
            (own if one.name == subject else others).append(found)
            laid, apart = found
            measures = f"{laid.spacing:.3f} {laid.inside:.3f} {laid.missing:.3f} {apart:.3f}"
            tell(f"{subject[:40]} over {one.name[:40]}: {measures}")
    return own, others


def _radius(values: Sequence[float]) -> float:
    """Wide enough for 99 of 100 copies, and half as much again: it spares work, and decides nothing."""
    return round(float(np.quantile(values, 0.99)) * _SPARE, 3)


def _bound(own: Sequence[float], others: Sequence[float], allowed: int, *, of: float = 0.99) -> float:
    """As loose as the false matches allow, but not looser than this part of the copies needs."""
    needed = float(np.quantile(own, of)) * 1.02
    strangers = sorted(others)
    bound = strangers[allowed] * 0.99 if allowed < len(strangers) else needed
    return round(min(needed, bound), 3)


def picture_queries(name: str, tell: Told) -> tuple[list[_Known], list[tuple[str, str, Any]]]:
    """The pictures of a half as they would be kept, and every changed one."""
    known, queries = [], []
    for title, picture in halves.pictures(name):
        known.append(_Known(title, title, halves.kept_picture(picture)))
        for change, changed in halves.changed_pictures(picture, _chance(title)):
            queries.append((title, change, halves.kept_picture(changed)))
        tell(title)
    return known, queries


def signed_alike(name: str) -> list[tuple[str, Any, str, Any]]:
    """Pairs of different pictures of a half under one text at one place: each with the next four."""
    listed = list(halves.pictures(name))
    pairs = []
    for at, (title, picture) in enumerate(listed):
        place = _chance(title).uniform((0.02, 0.1), (0.3, 0.75))
        query = halves.kept_picture(halves.lettered(picture, *place))
        for step in range(1, _SIGNED_ALIKE + 1):
            other, another = listed[(at + step) % len(listed)]
            pairs.append((title, query, other, halves.kept_picture(halves.lettered(another, *place))))
    return pairs


def differing(one: Any, query: Any) -> int:
    """The fewest bits that differ between a kept picture's hashes and what is asked for a query."""
    return int(differing_bits(one.hashes[:, None], query.asked[None]).min())


def judge_pictures(name: str, limits: Thresholds, tell: Told) -> Outcome:
    """What these thresholds do on the pictures of a half."""
    known, queries = picture_queries(name, tell)
    outcome = Outcome()
    candidates: list[_Pair] = []
    for subject, change, kept in queries:
        outcome.asked[change] += 1
        outcome.pairs += len(known) - 1
        if kept.quality >= limits.hash_quality:
            candidates += [
                (subject, change, one, kept) for one in known if differing(one.kept, kept) <= limits.hash_radius
            ]
    for subject, kept, other, other_kept in signed_alike(name):
        outcome.pairs += 1
        if differing(other_kept, kept) <= limits.hash_radius:
            candidates.append((subject, "signed alike", _Known(other, other, other_kept), kept))
    for subject, change, one in _matches(candidates, compare_pictures, limits, tell):
        outcome.add(subject, change, one.name, different=one.name != subject)
    return outcome


def fit_pictures(tell: Told) -> dict[str, float]:
    """The hash's radius and the least agreements from the half "fit"."""
    known, queries = picture_queries("fit", tell)
    by_name = {one.name: one for one in known}
    own_bits = [differing(by_name[subject].kept, kept) for subject, _change, kept in queries]
    radius = min(WIDE.hash_radius, int(np.quantile(own_bits, 0.99) * 1.1))
    pairs = []
    for subject, change, kept in queries:
        strangers = sorted((differing(one.kept, kept), one.name) for one in known if one.name != subject)
        # What would be laid over, and the nearest in any case: among many there are nearer ones.
        laid = strangers[:1] + [each for each in strangers[1:] if each[0] <= radius]
        pairs += [(subject, change, name, kept) for name in (subject, *(name for _bits, name in laid))]
    first, second = [by_name[name].kept for _subject, _change, name, _kept in pairs], [kept for *_who, kept in pairs]
    signed = signed_alike("fit")
    own: list[Overlay] = []
    lettered: list[Overlay] = []
    others: list[Overlay] = []
    with _workers() as pool:
        for (subject, change, name, _kept), found in zip(pairs, pool.map(_grays, first, second), strict=True):
            (own if name == subject else others).append(found)
            if name == subject and change == LETTERED:
                lettered.append(found)
            tell(f"{subject}, {change}, over {name}: {found.agreement:.3f}, {found.beside:.3f}")
        others += pool.map(_grays, [other for *_who, other in signed], [one for _title, one, *_other in signed])
    # Each of both rules may match half of what may be matched wrongly.
    allowed = int(_FALSE_SHARE * 2 * (len(queries) * (len(known) - 1) + len(signed)))
    return {
        "hash_radius": radius,
        "agreement": _between([one.agreement for one in own], [one.agreement for one in others], allowed),
        "beside": _between([one.beside for one in lettered], [one.beside for one in others], allowed),
    }


def _grays(one: Any, other: Any) -> Overlay:
    return overlay(gray_of(one), gray_of(other))


def _between(own: Sequence[float], others: Sequence[float], allowed: int) -> float:
    """Halfway between what copies reach and what strangers reach; where these reach farther, just above them."""
    needed, bound = float(np.quantile(own, 0.01)), sorted(others)[-1 - allowed]
    return round((needed + bound) / 2 if needed > bound else bound + 0.01, 3)


def fitted(corpus: Path | None, version: int, tell: Told) -> Thresholds:
    """All thresholds from the half "fit"."""
    shapes, pictures = fit_shapes(corpus, tell), fit_pictures(tell)
    return replace(
        WIDE,
        version=version,
        distances_radius=shapes["distances_radius"],
        harmonics_radius=shapes["harmonics_radius"],
        unstretched_radius=shapes["unstretched_radius"],
        spacing=shapes["spacing"],
        inside=shapes["inside"],
        missing=shapes["missing"],
        thinned=shapes["thinned"],
        corners=shapes["corners"],
        unstretched_spacing=shapes["unstretched_spacing"],
        hash_radius=int(pictures["hash_radius"]),
        agreement=pictures["agreement"],
        beside=pictures["beside"],
        hash_quality=20,
    )
