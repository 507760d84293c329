"""GLB through trimesh into parts, with the node transforms applied."""

import base64
import binascii
import gc
import io
from collections.abc import Sequence
from functools import partial
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import numpy as np
import trimesh
from PIL import Image
from trimesh.exchange import gltf as trimesh_gltf
from trimesh.visual import ColorVisuals, TextureVisuals

from designs.untrusted import textures
from designs.untrusted.geometry import Coordinates, Floats
from designs.untrusted.meshes import Material, Model, Part
from designs.untrusted.refusal import Refusal

MAX_PARTS = 4000
_PICTURES = ("PNG", "JPEG", "WEBP")


def read_glb(path: str, *, max_triangles: int, max_pixels: int) -> Model:
    """Read a GLB. Up is +Y and a unit is a meter, as glTF 2.0 says. Raises Refusal."""
    with open(path, "rb") as stream:
        return read_glb_stream(stream, max_triangles=max_triangles, max_pixels=max_pixels)


def read_glb_stream(stream: IO[bytes], *, max_triangles: int, max_pixels: int) -> Model:
    """Read a GLB that its container's rules have passed. Raises Refusal."""
    # Its own way opens a picture as whatever Pillow knows, also as EPS, and passes over what fails.
    trimesh_gltf._parse_textures = partial(_pictures, max_pixels=max_pixels)
    scene = trimesh.load_scene(stream, file_type="glb", process=False)
    instances = [(scene.graph[node][0], scene.geometry[scene.graph[node][1]]) for node in scene.graph.nodes_geometry]
    instances = [(transform, mesh) for transform, mesh in instances if isinstance(mesh, trimesh.Trimesh)]
    if len(instances) > MAX_PARTS:
        raise Refusal("too_many_parts", max_parts=MAX_PARTS)
    # Counted before anything is copied: a small file may place one large mesh a thousand times.
    if sum(len(mesh.faces) for _transform, mesh in instances) > max_triangles:
        raise Refusal("too_many_triangles", max_triangles=max_triangles)
    model = Model([_part(transform, mesh) for transform, mesh in instances], up="y", units="m")
    del scene, instances
    # A scene refers to itself: without this its own doubles would stay while ours are measured.
    gc.collect()
    return model


def _pictures(
    document: dict[str, Any], views: Sequence[bytes], _resolver: Any = None, *, max_pixels: int
) -> list[Image.Image | None]:
    """The pictures of a glTF, of which no more than the heads were read. None for KTX 2, which stands beside another
    one. Raises Refusal."""
    found: list[Image.Image | None] = []
    for image in document.get("images", []):
        if image.get("mimeType") == "image/ktx2":
            found.append(None)
            continue
        content = views[image["bufferView"]] if "bufferView" in image else data_of(image.get("uri", ""))
        found.append(textures.opened(io.BytesIO(content), max_pixels=max_pixels, formats=_PICTURES))
    return found


def data_of(reference: str) -> bytes:
    """The content of a data: URI. Raises Refusal."""
    head, comma, encoded = reference.partition(",")
    if not comma:
        raise Refusal("unreadable", cause="a data: URI has no data")
    try:
        return base64.b64decode(encoded, validate=True) if head.endswith(";base64") else unquote_to_bytes(encoded)
    except (binascii.Error, ValueError) as error:
        raise Refusal("unreadable", cause="a data: URI is no base64") from error


def _part(transform: Floats, mesh: Any) -> Part:
    vertices = np.asarray(mesh.vertices, dtype=np.float64)
    if not np.isfinite(transform).all():
        raise Refusal("not_finite")
    faces = np.asarray(mesh.faces, dtype=np.int64)
    if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise Refusal("unreadable", cause="an index points outside its list")
    if np.linalg.det(transform[:3, :3]) < 0:
        faces = faces[:, ::-1]
    part = Part(_placed(vertices, transform), faces.astype(np.int32))
    visual = mesh.visual
    if isinstance(visual, ColorVisuals) and visual.defined and visual.kind == "vertex":
        part.colors = np.asarray(visual.vertex_colors, dtype=np.float64)[:, :3] / 255
        part.material = Material(base_color=(1.0, 1.0, 1.0), stated=True)
    elif isinstance(visual, TextureVisuals):
        part.material = _material(visual.material)
        if part.material.texture is not None and visual.uv is not None and len(visual.uv) == len(vertices):
            part.uv = np.asarray(visual.uv, dtype=np.float64)
        else:
            part.material.texture = None
    return part


def _placed(vertices: Floats, transform: Floats) -> Coordinates:
    """Vertices in the scene: in single precision, which a GLB has, where nothing moved them."""
    if np.array_equal(transform, np.eye(4)):
        single = vertices.astype(np.float32)
        if np.array_equal(single, vertices, equal_nan=True):
            return single
    placed: Floats = vertices @ transform[:3, :3].T + transform[:3, 3]
    return placed


def _material(stated: Any) -> Material:
    color = getattr(stated, "baseColorFactor", None)
    texture = getattr(stated, "baseColorTexture", None)
    if color is None and texture is None:
        return Material(
            metallic=_factor(getattr(stated, "metallicFactor", None), 0.0),
            roughness=_factor(getattr(stated, "roughnessFactor", None), 0.55),
        )
    red, green, blue = (float(value) for value in np.asarray(color if color is not None else [1, 1, 1])[:3])
    if np.asarray(color).dtype == np.uint8:
        red, green, blue = red / 255, green / 255, blue / 255
    return Material(
        base_color=(red, green, blue),
        metallic=_factor(getattr(stated, "metallicFactor", None), 1.0),
        roughness=_factor(getattr(stated, "roughnessFactor", None), 1.0),
        texture=textures.as_rgb(texture) if isinstance(texture, Image.Image) else None,
        stated=True,
    )


def _factor(value: Any, otherwise: float) -> float:
    return otherwise if value is None else min(1.0, max(0.0, float(value)))
