"""The edges of a mesh's triangles in ink on a lightly shaded body, hidden ones left out: rays cast by Embree.

Where triangles are smaller than a few pixels their edges fade, because lines beside lines would show a black body.
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
from designs.untrusted.geometry import Floats, Indices, face_vectors, merged
from designs.untrusted.lens import Lens
from designs.untrusted.meshes import read_model
from designs.untrusted.refusal import Refusal

Progress = Callable[[str, float], None]

OVERSAMPLING = 2
BAND_ROWS = 64
INK = np.array([38, 40, 42], np.float32)
PAPER = np.array([246, 243, 236], np.float32)
BODY = np.array([236, 232, 224], np.float32)
HALF_LINE = 0.55
"""Half the width of a line, in pixels of the finished picture."""
FADED_BELOW = 5.0
"""Triangles lower than this many pixels have fainter edges, down to FAINTEST."""
FAINTEST = 0.16


def draw_wireframe(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write wireframe.webp (`width` pixels wide, 4:3), seen as on the cover."""
    width = int(request["width"])
    height = round(width / studio.ASPECT)
    model = read_model(request)
    parts = [(part.positions, part.faces) for part in model.parts if len(part.faces)]
    if not parts:
        raise Refusal("no_triangles")
    offsets = np.cumsum([0, *(len(positions) for positions, _faces in parts)])
    every = np.concatenate([positions for positions, _faces in parts])
    faces = np.concatenate([own + offset for (_positions, own), offset in zip(parts, offsets[:-1], strict=True)])
    positions, index = merged(every)
    stage = studio.stage_for(positions, model.up)
    points = stage.place(positions)
    lens = Lens.of_cover(request["input"], points, width * OVERSAMPLING, height * OVERSAMPLING)
    progress("arrange", 0.2)
    drawing = _Drawing(points, index[faces], lens)
    rows = np.empty((height * OVERSAMPLING, width * OVERSAMPLING, 3), np.uint8)
    edges = [*range(0, height * OVERSAMPLING, BAND_ROWS), height * OVERSAMPLING]
    for top, bottom in pairwise(edges):
        rows[top:bottom] = drawing.band(top, bottom)
        progress("draw", 0.3 + 0.65 * bottom / edges[-1])
    picture = Image.fromarray(rows).resize((width, height), Image.Resampling.BOX)
    picture.save("wireframe.webp", quality=86, method=4)
    file = {"kind": "wireframe", "name": "wireframe.webp", "width": width, "height": height}
    return {"files": [{**file, "media_type": "image/webp"}], "notes": {"triangles": len(faces)}}


class _Drawing:
    def __init__(self, points: Floats, faces: Indices, lens: Lens) -> None:
        self._lens = lens
        self._faces = faces
        self._seen = lens.project(points)
        vectors = face_vectors(points, faces)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._normals = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
        self._scene = EmbreeScene()
        TriangleMesh(self._scene, points.astype(np.float32), faces.astype(np.int32))

    def band(self, top: int, bottom: int) -> NDArray[np.uint8]:
        """Rows of the picture, colors from 0 to 255."""
        lens = self._lens
        down, across = np.mgrid[top:bottom, 0 : lens.width].astype(np.float32) + 0.5
        across, down = across.reshape(-1), down.reshape(-1)
        ways = lens.rays(across, down)
        starts = np.broadcast_to(lens.origin.astype(np.float32), ways.shape)
        found = np.asarray(self._scene.run(np.ascontiguousarray(starts), ways, query="INTERSECT"))
        hit = found >= 0
        colors = np.broadcast_to(PAPER, (len(found), 3)).copy()
        face = found[hit]
        # A soft light from the eye: what turns away is a little darker, so that the body reads as a body.
        facing = np.abs(np.einsum("ij,ij->i", self._normals[face], ways[hit]))
        body = BODY * (0.72 + 0.28 * facing[:, None])
        ink = self._ink(face, np.stack([across[hit], down[hit]], axis=1))[:, None]
        colors[hit] = body * (1 - ink) + INK * ink
        drawn: NDArray[np.uint8] = np.rint(colors).astype(np.uint8).reshape(bottom - top, lens.width, 3)
        return drawn

    def _ink(self, face: NDArray[np.int32], pixel: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much of each pixel lies under the edges of the face seen there, from 0 to 1."""
        corners = self._seen[self._faces[face]]
        nearest = np.full(len(face), np.inf, np.float32)
        longest = np.zeros(len(face), np.float32)
        for start, end in ((0, 1), (1, 2), (2, 0)):
            side = corners[:, end] - corners[:, start]
            length = np.maximum(np.hypot(side[:, 0], side[:, 1]), 1e-6)
            off = pixel - corners[:, start]
            nearest = np.minimum(nearest, np.abs(side[:, 0] * off[:, 1] - side[:, 1] * off[:, 0]) / length)
            longest = np.maximum(longest, length)
        one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        lowest = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / np.maximum(longest, 1e-6)
        strength = np.clip(lowest / (FADED_BELOW * OVERSAMPLING), FAINTEST, 1)
        covered: NDArray[np.float32] = np.clip(HALF_LINE * OVERSAMPLING + 0.5 - nearest, 0, 1) * strength
        return covered
