"""Thinned copies to fit and judge by: by the first simplifier that leaves the asked size and keeps the shape.

No simplifier does so with every mesh. Quadric edge collapse as usual (Garland and Heckbert, 1997) moves corners to
where the error is least; it stops at needles, and where more than two triangles meet at an edge, and by then has eaten
other parts. meshoptimizer leaves corners where they are, and goes on. For developers, as all that calls this.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mesh = tuple[Floats, Indices]

_SIZE = 0.10
_BOX = 0.05
_AREA = 0.20
"""By how much the number of triangles, any side of the bounding box and the area may differ from what was asked."""


@dataclass(frozen=True)
class Thinned:
    """A mesh with fewer triangles; `made` unless it has another size than was asked, or its shape was not kept."""

    mesh: Mesh
    made: bool


def thinned(mesh: Mesh, part: float) -> Thinned:
    """The mesh with this part of its triangles; where no simplifier makes that, what the last one left."""
    for simplify in (_by_collapsing, _by_meshoptimizer):
        fewer = simplify(mesh, part)
        if _kept(mesh, fewer, part):
            return Thinned(fewer, True)
    return Thinned(fewer, False)


def _by_collapsing(mesh: Mesh, part: float) -> Mesh:
    import fast_simplification

    positions, faces = mesh
    fewer, left = fast_simplification.simplify(
        positions.astype(np.float32), faces.astype(np.int32), target_reduction=1 - part
    )
    return fewer.astype(np.float64), left.astype(np.int64)


def _by_meshoptimizer(mesh: Mesh, part: float) -> Mesh:
    from designs.tests.node_programs import said_by_node

    positions, faces = mesh
    used, numbered = np.unique(faces, return_inverse=True)
    corners = positions[used]
    with TemporaryDirectory() as folder:
        files = Path(folder) / "corners", Path(folder) / "triangles"
        # Single precision would be coarse far from zero.
        files[0].write_bytes((corners - corners.mean(axis=0)).astype("<f4").tobytes())
        files[1].write_bytes(numbered.astype("<u4").tobytes())
        said = said_by_node("meshoptimizer", "thin.mjs", *files, str(round(len(faces) * part)))
    left = np.frombuffer(said, dtype="<u4")
    return corners, left.astype(np.int64).reshape(-1, 3)


def _kept(mesh: Mesh, fewer: Mesh, part: float) -> bool:
    asked = len(mesh[1]) * part
    if abs(len(fewer[1]) - asked) > _SIZE * asked:
        return False
    box, left = _sides(mesh), _sides(fewer)
    return bool(np.all(np.abs(left - box) <= _BOX * box)) and abs(_area(fewer) - _area(mesh)) <= _AREA * _area(mesh)


def _sides(mesh: Mesh) -> Floats:
    positions, faces = mesh
    sides: Floats = np.ptp(positions[np.unique(faces)], axis=0)
    return sides


def _area(mesh: Mesh) -> float:
    first, second, third = mesh[0][mesh[1].T]
    return float(np.linalg.norm(np.cross(second - first, third - first), axis=1).sum() / 2)
