"""Whether two fingerprints belong to copies of one work: laid over each other, and judged by the thresholds."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from designs.originality.alignment import Alignment, Cornered, align, corners_apart
from designs.originality.overlay import overlay
from designs.originality.shapes import POINTS
from designs.originality.thresholds import Thresholds


class KeptShape(Protocol):
    """What is kept of a mesh (designs.models.Fingerprint)."""

    distances: Any
    harmonics: Any
    unstretched: Any
    points: Any
    corners: Any
    unstretched_points: Any


class KeptPicture(Protocol):
    """What is kept of an image."""

    thumbnail: Any
    thumbnail_width: Any
    thumbnail_height: Any


@dataclass(frozen=True)
class Found:
    """A verified copy, with the measures that show it; `stretched` when only undoing a stretch made it one."""

    stretched: bool
    measures: dict[str, Any]


def compare_shapes(earlier: KeptShape, later: KeptShape, limits: Thresholds) -> Found | None:
    """Lay one surface over the other: as they are, then with any stretch of both undone where that could help."""
    plain = align(points_of(earlier.points), points_of(later.points))
    lost_parts = plain.inside <= limits.inside and plain.missing <= limits.missing
    if plain.spacing <= limits.spacing or lost_parts:
        return Found(False, _measures(plain))
    if plain.spacing <= limits.thinned and (apart := lay_corners(earlier, later, plain)) <= limits.corners:
        return Found(False, {**_measures(plain), "corners": round(apart, 3)})
    if float(np.linalg.norm(_numbers(earlier.unstretched) - _numbers(later.unstretched))) > limits.unstretched_radius:
        return None
    unstretched = align_unstretched(earlier, later, plain)
    if unstretched.spacing <= limits.unstretched_spacing:
        return Found(True, _measures(unstretched))
    return None


def lay_corners(earlier: KeptShape, later: KeptShape, plain: Alignment) -> float:
    """How far the corners of the coarser mesh are from the other surface (alignment.corners_apart)."""
    first, second = (Cornered(points_of(each.points), corners_of(each.corners)) for each in (earlier, later))
    return corners_apart(first, second, plain)


def align_unstretched(earlier: KeptShape, later: KeptShape, plain: Alignment) -> Alignment:
    """Lay the surfaces over each other without their stretch. They then have no axis of their own left to begin from,
    so the turn of the `plain` alignment is one of the beginnings."""
    return align(points_of(earlier.unstretched_points), points_of(later.unstretched_points), known=plain.turn)


def _numbers(descriptor: Any) -> NDArray[np.float64]:
    """A descriptor as it was kept or as it was just computed."""
    values = descriptor.to_list() if hasattr(descriptor, "to_list") else descriptor
    return np.asarray(values, dtype=np.float64)


def _measures(alignment: Alignment) -> dict[str, Any]:
    return {
        "spacing": round(alignment.spacing, 3),
        "inside": round(alignment.inside, 3),
        "missing": round(alignment.missing, 3),
        "chamfer": round(alignment.chamfer, 4),
        "far": round(alignment.far, 4),
        "mirrored": alignment.mirrored,
    }


def points_of(kept: Any) -> NDArray[np.float64]:
    """Points (8192, 3) as they were kept."""
    return np.frombuffer(bytes(kept), dtype="<f2").astype(np.float64).reshape(POINTS, 3)


def corners_of(kept: Any) -> NDArray[np.float64]:
    """Corners (N, 3) as they were kept."""
    return np.frombuffer(bytes(kept), dtype="<f2").astype(np.float64).reshape(-1, 3)


def compare_pictures(earlier: KeptPicture, later: KeptPicture, limits: Thresholds) -> Found | None:
    """Lay one small gray picture over the other. `beside` is told where it decides: of what was written over."""
    placed = overlay(gray_of(earlier), gray_of(later))
    whole = placed.agreement >= limits.agreement
    if not whole and placed.beside < limits.beside:
        return None
    return Found(
        False,
        {
            "agreement": round(placed.agreement, 3),
            **({} if whole else {"beside": round(placed.beside, 3)}),
            "overlap": round(placed.overlap, 3),
            "turned": 90 * (placed.orientation % 4),
            "mirrored": placed.orientation >= 4,
        },
    )


def gray_of(kept: KeptPicture) -> NDArray[np.uint8]:
    """The kept gray picture (h, w)."""
    pixels = np.frombuffer(bytes(kept.thumbnail), dtype=np.uint8)
    return pixels.reshape(kept.thumbnail_height, kept.thumbnail_width)
