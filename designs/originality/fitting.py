"""Fitting the thresholds on one half and judging them on the other: recall of each change, and false matches.

Deterministic: every change draws from a seed of the subject's name. A query is a changed subject; it is to match its
own subject, and no other one of the half.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np

from designs.originality import halves
from designs.originality.alignment import align
from designs.originality.comparison import compare_pictures, compare_shapes, gray_of, points_of
from designs.originality.overlay import overlay
from designs.originality.pdq import differing_bits
from designs.originality.thresholds import Thresholds

Told = Callable[[str], None]
DEMANDING = ("moved", "mirrored", "subdivided", "format", "decimated 0.25")
"""Changes of which 98 of 100 are to be found; of the others 90, and of stretches 85."""
WIDE = Thresholds(
    version=0,
    distances_radius=0.1,
    harmonics_radius=0.4,
    unstretched_radius=0.3,
    spacing=99.0,
    unstretched_spacing=99.0,
    hash_radius=96,
    agreement=0.0,
    hash_quality=0,
)
"""What fitting looks at: wider than any threshold may become."""
_CANDIDATES = 2
_FALSE_SHARE = 0.0005
"""Of different pairs, what the fitted half may wrongly match: half of what is promised for the other one."""


@dataclass
class Outcome:
    """Queries and found ones by change; different pairs, and those that were called a match."""

    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    told_stretched: int = 0
    pairs: int = 0
    false: list[str] = field(default_factory=list)

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
    for subject in halves.subjects(name, corpus):
        known.append(_Known(subject.name, subject.family, halves.kept_shape(subject.mesh)))
        for change, mesh in halves.changed_meshes(subject.mesh, _chance(subject.name)):
            queries.append((subject.name, change, halves.kept_shape(mesh)))
        tell(f"{subject.name[:40]}: {len(subject.mesh[1])} triangles")
    return known, queries


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
    for subject, change, kept in queries:
        outcome.asked[change] += 1
        outcome.pairs += sum(one.family != families[subject] for one in known)
        for one in near(known, kept, limits):
            same = one.kept.content == kept.content
            verdict = None if same else compare_shapes(one.kept, kept, limits)
            if not same and verdict is None:
                continue
            if one.name == subject:
                outcome.found[change] += 1
                outcome.told_stretched += verdict is not None and verdict.stretched and change == "stretched"
            elif one.family != families[subject]:
                outcome.false.append(f"{subject}, {change}: {one.name}")
        tell(f"{subject[:40]}, {change}")
    return outcome


def fit_shapes(corpus: Path | None, tell: Told) -> dict[str, float]:
    """Radii and spacings from the half "fit"."""
    known, queries = shape_queries("fit", corpus, tell)
    families = {one.name: one.family for one in known}
    by_name = {one.name: one for one in known}
    radii: dict[str, list[float]] = defaultdict(list)
    own: dict[str, list[float]] = defaultdict(list)
    other: dict[str, list[float]] = {"spacing": [], "unstretched_spacing": []}
    pairs = 0
    for subject, change, kept in queries:
        mine = by_name[subject].kept
        if change != "stretched":
            radii["distances_radius"].append(float(np.linalg.norm(mine.distances - kept.distances)))
            radii["harmonics_radius"].append(float(np.linalg.norm(mine.harmonics - kept.harmonics)))
            own["spacing"].append(align(points_of(mine.points), points_of(kept.points)).spacing)
        else:
            radii["unstretched_radius"].append(float(np.linalg.norm(mine.unstretched - kept.unstretched)))
            spacing = align(points_of(mine.unstretched_points), points_of(kept.unstretched_points)).spacing
            own["unstretched_spacing"].append(spacing)
        strangers = [one for one in known if one.family != families[subject]]
        pairs += len(strangers)
        for one in near(strangers, kept, WIDE)[:_CANDIDATES]:
            other["spacing"].append(align(points_of(one.kept.points), points_of(kept.points)).spacing)
        for one in near(strangers, kept, replace(WIDE, distances_radius=0.001, harmonics_radius=0.001))[:1]:
            spacing = align(points_of(one.kept.unstretched_points), points_of(kept.unstretched_points)).spacing
            other["unstretched_spacing"].append(spacing)
        tell(f"{subject[:40]}, {change}: {own['spacing'][-1]:.3f}, others from {min(other['spacing'], default=0):.3f}")
    found = {name: _radius(values) for name, values in radii.items()}
    found["unstretched_radius"] = max(found["unstretched_radius"], found["harmonics_radius"] / 2)
    for name, values in other.items():
        found[name] = _spacing(own[name], values, pairs)
    return found


def _radius(values: Sequence[float]) -> float:
    """Wide enough for 99 of 100 copies, with a tenth to spare: candidates are looked at again."""
    return round(float(np.quantile(values, 0.99)) * 1.1, 3)


def _spacing(own: Sequence[float], others: Sequence[float], pairs: int) -> float:
    """As loose as the false matches allow, but not looser than nearly every copy needs."""
    needed = float(np.quantile(own, 0.99)) * 1.02
    allowed = int(_FALSE_SHARE * pairs)
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


def differing(one: Any, query: Any) -> int:
    """The fewest bits that differ between a kept picture's hashes and what is asked for a query."""
    kept = np.concatenate([one.orientations[:1], one.windows])
    wholes = int(differing_bits(kept[:, None], query.orientations[None]).min())
    return min(wholes, int(differing_bits(one.orientations[:1], query.windows).min()))


def judge_pictures(name: str, limits: Thresholds, tell: Told) -> Outcome:
    """What these thresholds do on the pictures of a half."""
    known, queries = picture_queries(name, tell)
    outcome = Outcome()
    for subject, change, kept in queries:
        outcome.asked[change] += 1
        outcome.pairs += len(known) - 1
        for one in known:
            if differing(one.kept, kept) > limits.hash_radius or kept.quality < limits.hash_quality:
                continue
            if one.kept.content != kept.content and compare_pictures(one.kept, kept, limits) is None:
                continue
            if one.name == subject:
                outcome.found[change] += 1
            else:
                outcome.false.append(f"{subject}, {change}: {one.name}")
        tell(f"{subject}, {change}")
    return outcome


def fit_pictures(tell: Told) -> dict[str, float]:
    """The hash's radius and the least agreement from the half "fit"."""
    known, queries = picture_queries("fit", tell)
    by_name = {one.name: one for one in known}
    radius, own, others = [], [], []
    for subject, change, kept in queries:
        mine = by_name[subject].kept
        radius.append(differing(mine, kept))
        own.append(overlay(gray_of(mine), gray_of(kept)).agreement)
        strangers = sorted((differing(one.kept, kept), one.name) for one in known if one.name != subject)
        others.append(overlay(gray_of(by_name[strangers[0][1]].kept), gray_of(kept)).agreement)
        tell(f"{subject}, {change}: {radius[-1]} bits, {own[-1]:.2f}, another {others[-1]:.2f}")
    needed, bound = float(np.quantile(own, 0.01)), max(others)
    # Halfway between what copies reach and what strangers reach.
    return {
        "hash_radius": min(WIDE.hash_radius, int(np.quantile(radius, 0.99) * 1.1)),
        "agreement": round((needed + bound) / 2 if needed > bound else bound + 0.02, 3),
    }


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
        unstretched_spacing=shapes["unstretched_spacing"],
        hash_radius=int(pictures["hash_radius"]),
        agreement=pictures["agreement"],
        hash_quality=20,
    )
