"""Parts made ready for showing: merged, split at creases, with smooth normals."""

from dataclasses import dataclass

import numpy as np

from designs.untrusted import geometry
from designs.untrusted.geometry import Floats, Indices
from designs.untrusted.meshes import Material, Part


@dataclass
class ShadedPart:
    """Vertices with normals, and where the part has them, linear colors and texture coordinates."""

    positions: Floats
    normals: Floats
    faces: Indices
    colors: Floats | None
    uv: Floats | None
    material: Material


def shaded(part: Part) -> ShadedPart | None:
    """The part with smooth normals, or None if no face of it has an area.

    Normals follow the merged shape, so that a seam in colors or texture does not show as an edge in the light.
    """
    positions, index = geometry.merged(part.positions)
    corners = index[part.faces]
    whole = (corners[:, 0] != corners[:, 1]) & (corners[:, 1] != corners[:, 2]) & (corners[:, 2] != corners[:, 0])
    corners, stated = corners[whole], part.faces[whole]
    if len(corners) == 0:
        return None
    origin, normals, faces = geometry.creased(positions, corners)
    if part.colors is None and part.uv is None:
        return ShadedPart(positions[origin], normals, faces, None, None, part.material)
    # One vertex for each pair of a smooth normal and a vertex as stated, which brings its color and texture place.
    key = faces.reshape(-1) * len(part.positions) + stated.reshape(-1)
    unique, flat = np.unique(key, return_inverse=True)
    smooth, source = unique // len(part.positions), unique % len(part.positions)
    return ShadedPart(
        positions[origin[smooth]],
        normals[smooth],
        flat.reshape(-1, 3).astype(np.int64),
        None if part.colors is None else part.colors[source],
        None if part.uv is None else part.uv[source],
        part.material,
    )
