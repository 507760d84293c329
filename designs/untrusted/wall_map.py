"""Where a mesh is thin: each point that the cover shows, in the color of the wall behind it.

The wall is measured as rays.measured does, from the point inward along its face's normal. Colors run evenly for the
eye from a dark violet, the thinnest, to a light yellow, so that they tell more from less in gray and to color-blind
eyes too; stripes stand where no wall is opposite.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray
from PIL import Image

from designs.untrusted import studio
from designs.untrusted.checks import solid
from designs.untrusted.geometry import Floats, Indices, face_vectors
from designs.untrusted.lens import Lens
from designs.untrusted.meshes import read_model
from designs.untrusted.rays import FACING, LIFT

Progress = Callable[[str, float], None]
Singles = NDArray[np.float32]

OVERSAMPLING = 2
BAND_ROWS = 64
PAPER = np.array([246, 243, 236], np.float32)
STRIPES = np.array([[184, 184, 181], [211, 211, 207]], np.float32)
STRIPE = 6
"""Width of a stripe in pixels of the finished picture."""
SHADE = 0.22
"""How much darker a surface is that turns away: enough to read the shape, too little to take one color for another."""
SHADES = 256
_THIN, _MIDDLE, _THICK = (0.30, 0.15, 295.0), (0.62, 0.19, 20.0), (0.93, 0.10, 100.0)
"""Ends and bend of the scale in OKLCH (Ottosson 2020): lightness, chroma, hue in degrees."""


def draw_walls(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write walls.webp (`width` pixels wide, 4:3), seen as on the cover.

    Walls of `thin` and less, in the mesh's units, have the first color, of `thick` and more the last. Raises Refusal
    for a mesh without an inside.
    """
    width = int(request["width"])
    height = round(width / studio.ASPECT)
    progress("read", 0.1)
    model = read_model(request)
    positions, faces = solid(model)
    stage = studio.stage_for(positions, model.up)
    del model
    points = stage.place(positions)
    lens = Lens.of_cover(request["input"], points, width * OVERSAMPLING, height * OVERSAMPLING)
    progress("arrange", 0.3)
    walls = _Walls(points, faces, lens, request["thin"] * stage.scale, request["thick"] * stage.scale)
    rows = np.empty((lens.height, lens.width, 3), np.uint8)
    edges = [*range(0, lens.height, BAND_ROWS), lens.height]
    for top, bottom in pairwise(edges):
        rows[top:bottom] = walls.band(top, bottom)
        progress("draw", 0.3 + 0.65 * bottom / lens.height)
    picture = Image.fromarray(rows).resize((width, height), Image.Resampling.BOX)
    picture.save("walls.webp", quality=88, method=4)
    file = {"kind": "walls", "name": "walls.webp", "width": width, "height": height, "media_type": "image/webp"}
    return {"files": [file], "notes": {}}


class _Walls:
    def __init__(self, points: Floats, faces: Indices, lens: Lens, thin: float, thick: float) -> None:
        self._lens, self._thin, self._thick = lens, thin, thick
        self._corner = points[faces[:, 0]]
        vectors = face_vectors(points, faces)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._normals = vectors / np.where(length > 0, length, 1)
        self._colors = scale()
        self._scene = EmbreeScene()
        TriangleMesh(self._scene, points.astype(np.float32), faces.astype(np.int32))

    def band(self, top: int, bottom: int) -> NDArray[np.uint8]:
        """Rows of the picture, colors from 0 to 255."""
        lens = self._lens
        down, across = (axis.reshape(-1) for axis in np.mgrid[top:bottom, 0 : lens.width].astype(np.float32) + 0.5)
        ways = lens.rays(across, down)
        starts = np.broadcast_to(lens.origin.astype(np.float32), ways.shape)
        found = np.asarray(self._scene.run(np.ascontiguousarray(starts), ways, query="INTERSECT"))
        hit = found >= 0
        colors = np.broadcast_to(PAPER, (len(found), 3)).copy()
        if hit.any():
            face, way = found[hit], ways[hit].astype(np.float64)
            normal = self._normals[face]
            facing = np.einsum("ij,ij->i", normal, way)
            wall = self._wall(face, way, normal, facing)
            known = np.isfinite(wall)
            share = np.clip((wall[known] - self._thin) / (self._thick - self._thin), 0, 1)
            body = STRIPES[((across[hit] + down[hit]) // (STRIPE * OVERSAMPLING)).astype(int) % 2]
            body[known] = self._colors[np.rint(share * (SHADES - 1)).astype(int)]
            colors[hit] = body * (1 - SHADE + SHADE * np.abs(facing[:, None]))
        drawn: NDArray[np.uint8] = np.rint(colors).astype(np.uint8).reshape(bottom - top, lens.width, 3)
        return drawn

    def _wall(self, face: NDArray[np.int32], way: Floats, normal: Floats, facing: Floats) -> Floats:
        """From each point that is seen to the wall opposite, in units of the stage; infinite where there is none."""
        # Where the way meets the face's plane, in doubles: Embree's own distance is as coarse as a thin wall.
        flat = np.abs(facing) > 1e-6
        depth = np.einsum("ij,ij->i", normal, self._corner[face] - self._lens.origin)
        points = self._lens.origin + way * np.divide(depth, facing, out=np.zeros_like(depth), where=flat)[:, None]
        answer = self._scene.run(
            np.ascontiguousarray(points - normal * LIFT, np.float32),
            np.ascontiguousarray(-normal, np.float32),
            output=True,
        )
        opposite = answer["primID"]
        turned = -np.einsum("ij,ij->i", self._normals[np.maximum(opposite, 0)], normal)
        met = flat & (opposite >= 0) & (opposite != face) & (turned > FACING)
        return np.where(met, answer["tfar"].astype(np.float64) + LIFT, np.inf)


def scale() -> Singles:
    """The colors (256, 3) from thin to thick, sRGB from 0 to 255, each as far from the next for the eye."""
    start, bend, end = (
        np.array([light, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))])
        for light, chroma, hue in (_THIN, _MIDDLE, _THICK)
    )
    at = np.linspace(0, 1, 4 * SHADES)[:, None]
    path = (1 - at) ** 2 * start + 2 * at * (1 - at) * bend + at**2 * end
    reach = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    even = np.linspace(0, reach[-1], SHADES)
    lab = np.stack([np.interp(even, reach, path[:, axis]) for axis in range(3)], axis=1)
    return np.rint(255 * _encoded(_linear(lab))).astype(np.float32)


def _linear(lab: Floats) -> Floats:
    """Linear sRGB of OKLab colors (Björn Ottosson, “A perceptual color space for image processing”)."""
    cones = lab @ np.array(
        [[1, 1, 1], [0.3963377774, -0.1055613458, -0.0894841775], [0.2158037573, -0.0638541728, -1.2914855480]]
    )
    light: Floats = cones**3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    return light


def _encoded(linear: Floats) -> Floats:
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * np.power(clipped, 1 / 2.4) - 0.055)
