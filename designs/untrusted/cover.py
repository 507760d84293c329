"""The cover of a mesh: path-traced by Mitsuba, denoised by Open Image Denoise with albedo and normal guides."""

import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import mitsuba as mi
import numpy as np
import pyoidn
from numpy.typing import NDArray
from PIL import Image

from designs.untrusted import studio
from designs.untrusted.geometry import Floats, Indices
from designs.untrusted.meshes import Material, Part, read_model
from designs.untrusted.refusal import Refusal
from designs.untrusted.shading import shaded

Progress = Callable[[str, float], None]

SAMPLES = 4
FIRST_SAMPLES = 2
BLEED = 6
"""Pixels rendered beyond each side and cut off: the denoiser frays what lies at a border."""
BANDS = 12
"""The picture is rendered in horizontal bands, so that progress is true and a band is all that is in flight."""

FILL = (0.38, 0.38, 0.385)
CLAY = Material(base_color=(0.56, 0.4, 0.31), roughness=0.95)
GROUND_LUMINANCE = 0.79
"""Linear luminance that the brightest part of the ground is exposed for: a paper white with room above it."""


def render_cover(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write cover.png (`width` pixels wide, 4:3, sRGB) into the working directory."""
    picture = rendered(request, progress, samples=SAMPLES)
    picture.save("cover.png", compress_level=6)
    return _one_file("cover", "cover.png", picture, "image/png", SAMPLES)


def render_first(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write first.jpeg: the cover's view, small and with fewer samples, for the seconds until there is a cover."""
    picture = rendered(request, progress, samples=FIRST_SAMPLES)
    picture.save("first.jpeg", quality=82, optimize=True)
    return _one_file("first", "first.jpeg", picture, "image/jpeg", FIRST_SAMPLES)


def render_clay(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write clay.webp: the cover's view of the shape alone, in one matt color."""
    picture = rendered(request, progress, samples=FIRST_SAMPLES, clay=True)
    picture.save("clay.webp", quality=84, method=4)
    return _one_file("clay", "clay.webp", picture, "image/webp", FIRST_SAMPLES)


def _one_file(kind: str, name: str, picture: Image.Image, media_type: str, samples: int) -> dict[str, Any]:
    file = {"kind": kind, "name": name, "width": picture.width, "height": picture.height, "media_type": media_type}
    return {"files": [file], "notes": {"samples": samples}}


def rendered(request: dict[str, Any], progress: Progress, *, samples: int, clay: bool = False) -> Image.Image:
    """The studio picture of the request's mesh, `width` pixels wide, 4:3. Raises Refusal."""
    width = int(request["width"])
    height = round(width / studio.ASPECT)
    mi.set_variant("scalar_rgb")
    model = read_model(request)
    bare = [Part(part.positions, part.faces, material=CLAY) for part in model.parts] if clay else model.parts
    parts = [part for part in (shaded(part) for part in bare) if part is not None]
    if not parts:
        raise Refusal("no_triangles")
    every = np.concatenate([part.positions for part in parts])
    stage = studio.stage_for(every, model.up)
    points = stage.place(every)
    progress("arrange", 0.06)
    scene: dict[str, Any] = {"type": "scene"}
    for index, part in enumerate(parts):
        file_name = f"part-{index}.ply"
        write_ply(file_name, stage.place(part.positions), stage.turn(part.normals), part.faces, part.colors, part.uv)
        surface = _surface(part.material, index, colored=part.colors is not None)
        scene[f"part-{index}"] = {"type": "ply", "filename": file_name, "bsdf": surface}
    mood = studio.mood_of(_digest(request["input"]))
    camera = studio.camera_for(points, mood)
    scene |= _set(camera, points, mood)
    scene["sensor"] = _sensor(camera, width + 2 * BLEED, height + 2 * BLEED, samples)
    del model, bare, parts, every
    loaded = mi.load_dict(scene)
    progress("arrange", 0.15)
    color, albedo, normal = _render(loaded, width + 2 * BLEED, height + 2 * BLEED, samples, progress)
    image = denoised(color, albedo, normal)
    progress("denoise", 0.97)
    picture = developed(image, ground=_is_ground(albedo, mood.ground))
    return picture.crop((BLEED, BLEED, BLEED + width, BLEED + height))


def _digest(path: str) -> bytes:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _set(camera: studio.Camera, points: Floats, mood: studio.Mood) -> dict[str, Any]:
    write_ply("backdrop.ply", *studio.backdrop(camera))
    things: dict[str, Any] = {
        "integrator": {
            "type": "aov",
            "aovs": "albedo:albedo,normal:sh_normal",
            "picture": {"type": "path", "max_depth": 4, "hide_emitters": True},
        },
        "backdrop": {
            "type": "ply",
            "filename": "backdrop.ply",
            "bsdf": {
                "type": "twosided",
                "inner": {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(mood.ground)}},
            },
        },
        "fill": {"type": "constant", "radiance": {"type": "rgb", "value": FILL}},
    }
    for index, panel in enumerate(studio.lights(camera, points, mood)):
        place = mi.ScalarTransform4f().look_at(
            origin=panel.origin.tolist(), target=panel.target.tolist(), up=[0, 0, 1]
        ) @ mi.ScalarTransform4f().scale([panel.half_width, panel.half_height, 1])
        things[f"light-{index}"] = {
            "type": "rectangle",
            "to_world": place,
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": panel.radiance}},
        }
    return things


def _sensor(camera: studio.Camera, width: int, height: int, samples: int) -> dict[str, Any]:
    return {
        "type": "perspective",
        "fov": studio.FIELD_OF_VIEW,
        "fov_axis": "x",
        "near_clip": 0.01,
        "far_clip": 100.0,
        "to_world": mi.ScalarTransform4f().look_at(
            origin=camera.origin.tolist(), target=camera.target.tolist(), up=[0, 0, 1]
        ),
        "film": {
            "type": "hdrfilm",
            "width": width,
            "height": height,
            "pixel_format": "rgb",
            "component_format": "float32",
            "rfilter": {"type": "box"},
        },
        "sampler": {"type": "multijitter", "sample_count": samples},
    }


def _surface(material: Material, index: int, *, colored: bool) -> dict[str, Any]:
    base: dict[str, Any] = {"type": "rgb", "value": list(material.base_color)}
    if material.texture is not None:
        name = f"texture-{index}.png"
        tint = np.asarray(material.base_color)
        material.texture.save(name, compress_level=1)
        base = {"type": "bitmap", "filename": name} if tint.min() > 0.99 else _tinted(material, name, tint)
    elif colored:
        base = {"type": "mesh_attribute", "name": "vertex_color"}
    return {
        "type": "twosided",
        "inner": {
            "type": "principled",
            "base_color": base,
            "metallic": material.metallic,
            "roughness": max(0.12, material.roughness),
            "specular": 0.5,
        },
    }


def _tinted(material: Material, name: str, tint: Floats) -> dict[str, Any]:
    assert material.texture is not None
    pixels = np.asarray(material.texture, dtype=np.float64) * encoded(tint)
    Image.fromarray(np.rint(pixels).astype(np.uint8)).save(name, compress_level=1)
    return {"type": "bitmap", "filename": name}


Picture = NDArray[np.float32]


def _render(scene: Any, width: int, height: int, samples: int, progress: Progress) -> tuple[Picture, Picture, Picture]:
    layers = np.empty((height, width, 9), np.float32)
    sensor = mi.traverse(scene.sensors()[0])
    edges = np.linspace(0, height, BANDS + 1).astype(int).tolist()
    for band, (top, bottom) in enumerate(pairwise(edges)):
        sensor["film.crop_size"] = [width, bottom - top]
        sensor["film.crop_offset"] = [0, top]
        sensor.update()
        layers[top:bottom] = np.array(mi.render(scene, spp=samples, seed=mi.UInt32(band)), dtype=np.float32)[:, :, :9]
        progress("render", 0.15 + 0.75 * (band + 1) / BANDS)
    layers = np.nan_to_num(layers, nan=0.0, posinf=0.0, neginf=0.0)
    return layers[:, :, 0:3], layers[:, :, 3:6], layers[:, :, 6:9]


def denoised(color: Picture, albedo: Picture, normal: Picture) -> Picture:
    """The picture without its noise (Open Image Denoise, high dynamic range)."""
    result: Picture = np.asarray(
        pyoidn.denoise(
            np.ascontiguousarray(color),
            albedo=np.ascontiguousarray(albedo),
            normal=np.ascontiguousarray(normal),
            hdr=True,
        )
    )
    return result


def _is_ground(albedo: Picture, ground: tuple[float, float, float]) -> NDArray[np.bool_]:
    return np.abs(albedo - np.array(ground, np.float32)).max(axis=2) < 0.004


def developed(image: Picture, *, ground: NDArray[np.bool_]) -> Image.Image:
    """Linear light to an 8-bit sRGB picture, exposed for the ground, with highlights rolled off."""
    luminance = image @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    reference = np.percentile(luminance[ground] if ground.any() else luminance, 90)
    exposed = image * (GROUND_LUMINANCE / max(float(reference), 1e-6))
    shoulder = 0.82
    above = np.maximum(exposed - shoulder, 0)
    rolled = np.minimum(exposed, shoulder) + (1 - shoulder) * (1 - np.exp(-above / (1 - shoulder)))
    return Image.fromarray(np.rint(encoded(rolled) * 255).astype(np.uint8))


def encoded(linear: Any) -> Any:
    """Linear values to sRGB's transfer curve (IEC 61966-2-1), both from 0 to 1."""
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * np.power(clipped, 1 / 2.4) - 0.055)


def write_ply(
    name: str,
    positions: Floats,
    normals: Floats,
    faces: Indices,
    colors: Floats | None = None,
    uv: Floats | None = None,
) -> None:
    """A binary PLY as Mitsuba reads it: linear colors as r, g, b; u, v counted from the top."""
    columns = [("x", positions[:, 0]), ("y", positions[:, 1]), ("z", positions[:, 2])]
    columns += [("nx", normals[:, 0]), ("ny", normals[:, 1]), ("nz", normals[:, 2])]
    if uv is not None:
        columns += [("u", uv[:, 0]), ("v", 1 - uv[:, 1])]
    if colors is not None:
        columns += [("r", colors[:, 0]), ("g", colors[:, 1]), ("b", colors[:, 2])]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(positions)}"]
    header += [f"property float {column}" for column, _values in columns]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header", ""]
    records = np.empty(len(faces), dtype=[("count", "u1"), ("index", "<i4", 3)])
    records["count"] = 3
    records["index"] = faces
    with Path(name).open("wb") as target:
        target.write("\n".join(header).encode())
        target.write(np.stack([values for _column, values in columns], axis=1).astype("<f4").tobytes())
        target.write(records.tobytes())
