"""Area, volume, center and overhang of triangles: in doubles, some faces at a time, whatever the mesh is stored in."""

from collections.abc import Iterator

import numpy as np

from designs.untrusted.geometry import Coordinates, Corners, Floats, chunks, face_vectors

OVERHANG_DEGREES = 45.0
BED = 1e-3
"""Of the height: what lies within it above the lowest point stands on the printer's bed."""


def area(positions: Coordinates, faces: Corners) -> float:
    """Of the whole surface, in the square of the mesh's unit."""
    return sum(float(np.linalg.norm(face_vectors(positions, some), axis=1).sum()) for some in _some(faces)) / 2


def volume(positions: Coordinates, faces: Corners) -> float:
    """Of a closed mesh, in the cube of its unit; negative when it is inside out."""
    middle = _middle(positions)
    total = 0.0
    for some in _some(faces):
        total += float(np.einsum("ij,ij->", positions[some[:, 0]] - middle, face_vectors(positions, some)))
    return total / 6


def center_of_mass(positions: Coordinates, faces: Corners) -> Floats | None:
    """Of a closed solid of one density, (3,); None if it has no volume."""
    middle = _middle(positions)
    whole, moment = 0.0, np.zeros(3)
    for some in _some(faces):
        corners = positions[some] - middle
        # Each face and the middle make a tetrahedron, whose volume has a sign.
        volumes = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))
        whole += float(volumes.sum())
        moment += volumes @ corners.sum(axis=1)
    if abs(whole) < 1e-300:
        return None
    center: Floats = middle + moment / (4 * whole)
    return center


def overhang(positions: Coordinates, faces: Corners, *, up: str, inside_out: bool = False) -> float:
    """Share of the area, from 0 to 1, that leans out more than 45° from upright and does not lie on the bed.

    `up` is "y" or "z"; faces are wound outward, or all of them inward when `inside_out`.
    """
    axis = 1 if up == "y" else 2
    height = positions[:, axis]
    lowest = min(float(height[some].min()) for some in _some(faces))
    highest = max(float(height[some].max()) for some in _some(faces))
    bed = lowest + BED * (highest - lowest)
    # A ten-thousandth of slack: a wall at exactly 45° is one that prints.
    steep = np.cos(np.radians(OVERHANG_DEGREES)) + 1e-4
    total = hanging = 0.0
    for some in _some(faces):
        vectors = face_vectors(positions, some)
        areas = np.linalg.norm(vectors, axis=1)
        down = vectors[:, axis] if inside_out else -vectors[:, axis]
        leaning = (down > steep * areas) & (height[some].max(axis=1).astype(np.float64) > bed)
        total += float(areas.sum())
        hanging += float(areas[leaning].sum())
    return hanging / (total or 1.0)


def _middle(positions: Coordinates) -> Floats:
    """The middle of the bounds: measured from there, a small part far from the origin keeps its digits."""
    return (positions.min(axis=0).astype(np.float64) + positions.max(axis=0)) / 2


def _some(faces: Corners) -> Iterator[Corners]:
    return (faces[part] for part in chunks(len(faces)))
