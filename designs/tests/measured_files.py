"""Files to measure with: one closed surface in any number of triangles and any format, and images of any size."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMATS = ("glb", "gltf", "stl", "ply", "off", "obj", "3mf", "step")
PICTURES = ("png", "jpeg", "webp", "tiff", "avif")
BALL = 5008
"""Triangles that a ball of 10 mm is cut into."""
WAVES = (7, 12)
"""Bumps around and across the ring, so that no two parts of it look the same to a renderer."""


def ring(triangles: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Vertices (V, 3) in millimeters and faces (F, 3) of a bumpy ring with about so many triangles; watertight."""
    sides = max(8, round((triangles / 4) ** 0.5))
    rings = max(8, round(triangles / 2 / sides))
    around, across = np.meshgrid(
        np.arange(rings) * (2 * np.pi / rings), np.arange(sides) * (2 * np.pi / sides), indexing="ij"
    )
    tube = 9 + 1.4 * np.sin(WAVES[0] * around) * np.cos(WAVES[1] * across) + 0.8 * np.sin(3 * across + 2 * around)
    radius = 30 + tube * np.cos(across)
    points = np.stack([radius * np.cos(around), radius * np.sin(around), tube * np.sin(across)], axis=-1)
    at = np.arange(rings * sides, dtype=np.uint32).reshape(rings, sides)
    right, up = np.roll(at, -1, axis=0), np.roll(at, -1, axis=1)
    both = np.roll(right, -1, axis=1)
    faces = np.concatenate([np.stack([at, right, up], 2), np.stack([right, both, up], 2)]).reshape(-1, 3)
    return points.reshape(-1, 3).astype(np.float32), faces


def write_mesh(path: Path, form: str, triangles: int) -> None:
    """The ring in a file, as trimesh exports it; a 3MF as slicers do, a glTF that holds all of itself. A STEP has no
    triangles: there it is so many balls that they become as many."""
    import trimesh

    if form == "step":
        from designs.tests.step_files import step_balls

        path.write_bytes(step_balls(max(1, round(triangles / BALL))))
        return
    vertices, faces = ring(triangles)
    if form == "3mf":
        path.write_bytes(_threemf(vertices, faces))
        return
    mesh: Any = trimesh.Trimesh(vertices, faces, process=False)
    if form == "gltf":
        path.write_bytes(_gltf(mesh.export(file_type="glb")))
        return
    mesh.export(path, file_type=form)


def _gltf(glb: bytes) -> bytes:
    length = int.from_bytes(glb[12:16], "little")
    document = json.loads(glb[20 : 20 + length])
    binary = base64.b64encode(glb[28 + length :]).decode()
    document["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{binary}"
    return json.dumps(document).encode()


def _threemf(vertices: NDArray[np.float32], faces: NDArray[np.uint32]) -> bytes:
    from designs.tests.archives import model_xml, threemf

    corners = "".join(f'<vertex x="{x:.6g}" y="{y:.6g}" z="{z:.6g}"/>' for x, y, z in vertices.tolist())
    sides = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in faces.tolist())
    mesh = f"<mesh><vertices>{corners}</vertices><triangles>{sides}</triangles></mesh>"
    return threemf(model_xml(resources=f'<object id="1" type="model">{mesh}</object>'))


def write_image(path: Path, form: str, megapixels: float) -> None:
    """A picture with large forms and fine grain, 4:3."""
    from PIL import Image

    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    height = round(megapixels * 1e6 / width)
    down, along = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None, :]
    pixels = np.empty((height, width, 3), np.uint8)
    for channel, (low, high) in enumerate(((3, 5), (4, 2), (6, 7))):
        pixels[:, :, channel] = 128 + 90 * np.sin(low * 2 * np.pi * down) * np.cos(high * 2 * np.pi * along)
    pixels += np.random.default_rng(1).integers(0, 12, (height, width, 1), dtype=np.uint8)
    quickly: dict[str, dict[str, Any]] = {
        "png": {"compress_level": 1}, "webp": {"method": 0}, "avif": {"speed": 10}, "tiff": {"compression": "tiff_lzw"}
    }  # fmt: skip
    Image.fromarray(pixels).save(path, form.upper(), **quickly.get(form, {}))
