"""The shapes and pictures that thresholds are fitted on, and the others that they are judged on; and their changes.

evidence/halves.json lists both halves: files of the corpus by SHA-256, outputs of our programs by program, seed and
parameters. No file of the corpus is part of this repository; it is looked for by its hash.
"""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.spatial.transform import Rotation

from designs.inspection import FileLimits, preflight
from designs.originality.exact import geometry_hash, pixel_hash
from designs.originality.pictures import describe_picture
from designs.originality.shapes import describe, describe_without_stretch
from designs.originality.sketches import sketch
from designs.originality.thinning import thinned
from designs.programs import PROGRAMS
from designs.sandbox import Limits, run_child

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mesh = tuple[Floats, Indices]

HALVES = Path(__file__).with_name("evidence") / "halves.json"
_READING = Limits(cpu_seconds=60, wall_seconds=300, memory_bytes=3 * 1024**3)
NOISE = 0.003
"""Standard deviation of the noise on every vertex, as a part of the bounding box's diagonal."""
STRETCH = 1.3
_LEAST_TRIANGLES = {0.25: 60, 0.05: 60}
"""What would be left with fewer triangles than this is another shape, and is not asked for."""


@dataclass(frozen=True)
class Subject:
    """One shape of a half. Subjects of one `family` are one body after a stretch: all boxes are, and all cylinders."""

    name: str
    family: str
    mesh: Mesh


def half(name: str) -> dict[str, Any]:
    """The list of a half: "fit" or "judge"."""
    listed: dict[str, Any] = json.loads(HALVES.read_text(encoding="utf-8"))[name]
    return listed


def subjects(name: str, corpus: Path | None) -> Iterator[Subject]:
    """The shapes of a half; without the corpus' folder those of our programs."""
    listed = half(name)
    if corpus is not None:
        wanted: dict[str, str] = listed["files"]
        for path in sorted(path for path in corpus.rglob("*") if path.is_file()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest in wanted:
                yield Subject(digest, wanted[digest] or digest, _read(path))
    for made in listed["shapes"]:
        content, extension = _made(made)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"made.{extension}"
            path.write_bytes(content)
            title = f"{made['program']} {made['seed']}"
            yield Subject(title, title, _read(path))


def _read(path: Path) -> Mesh:
    with TemporaryDirectory() as folder:
        limits = FileLimits()
        request = {
            "input": str(path.resolve()),
            "format": preflight(path, path.name, limits=limits).format,
            "max_triangles": limits.max_triangles,
            "max_pixels": limits.max_pixels,
        }
        run_child("triangles", request, workdir=Path(folder), limits=_READING)
        return np.load(Path(folder) / "positions.npy"), np.load(Path(folder) / "faces.npy")


def _made(made: dict[str, Any]) -> tuple[bytes, str]:
    program = PROGRAMS[made["program"]]
    parameters = program.parameters_type.from_mapping(made["parameters"])
    return program.generate(parameters, made["seed"]), program.extension


def kept_shape(mesh: Mesh) -> SimpleNamespace:
    """A mesh as it would be kept (comparison.KeptShape), with its exact hash."""
    plain, unstretched = describe(*mesh), describe_without_stretch(*mesh)
    return SimpleNamespace(
        content=geometry_hash(*mesh),
        distances=plain.distances,
        harmonics=plain.harmonics,
        unstretched=unstretched.harmonics,
        points=plain.points.astype("<f2").tobytes(),
        corners=plain.corners.astype("<f2").tobytes(),
        unstretched_points=unstretched.points.astype("<f2").tobytes(),
    )


def changed_meshes(mesh: Mesh, chance: np.random.Generator) -> Iterator[tuple[str, Mesh]]:
    """The mesh after each change, every time turned at random, moved, and scaled by 0.1 to 10.

    What no simplifier thins as asked is "spoiled": it has another size, or has lost parts.
    """
    import trimesh

    positions, faces = mesh
    diagonal = float(np.linalg.norm(np.ptp(positions[np.unique(faces)], axis=0)))

    def moved(points: Floats) -> Floats:
        turn = Rotation.random(rng=chance).as_matrix()
        return points @ turn.T * 10 ** chance.uniform(-1, 1) + chance.uniform(-1, 1, 3) * diagonal

    yield "moved", (moved(positions), faces)
    yield "mirrored", (moved(positions * [-1, 1, 1]), faces[:, ::-1])
    if len(faces) < 60_000:
        finer, finer_faces = trimesh.remesh.subdivide(positions, faces)
        yield "subdivided", (moved(finer), finer_faces)
    # What an STL holds: three corners a triangle, in single precision.
    yield "format", (positions.astype(np.float32)[faces].reshape(-1, 3).astype(np.float64), _counted(faces))
    for part in (0.25, 0.05):
        if len(faces) * part >= _LEAST_TRIANGLES[part]:
            fewer = thinned(mesh, part)
            positions_left, faces_left = fewer.mesh
            yield f"{'decimated' if fewer.made else 'spoiled'} {part:g}", (moved(positions_left), faces_left)
    yield "noise", (moved(positions + chance.normal(0, NOISE * diagonal, positions.shape)), faces)
    stretch = np.ones(3)
    stretch[chance.integers(3)] = STRETCH
    yield "stretched", (moved((positions @ Rotation.random(rng=chance).as_matrix().T) * stretch), faces)


def _counted(faces: Indices) -> Indices:
    return np.arange(faces.size, dtype=np.int64).reshape(-1, 3)


def pictures(name: str) -> Iterator[tuple[str, Image.Image]]:
    """The pictures of a half: prints of our programs, and sketches."""
    for made in half(name)["pictures"]:
        content, _extension = _made(made)
        yield f"{made['program']} {made['seed']}", Image.open(io.BytesIO(content)).convert("RGB")
    for kind, seeds in half(name)["sketches"].items():
        for seed in seeds:
            yield f"{kind} {seed}", sketch(kind, seed)


def kept_picture(picture: Image.Image) -> SimpleNamespace:
    """A picture as it would be kept (comparison.KeptPicture), with bits: the `hashes` of its rows, and those that the
    index is `asked` for."""
    described = describe_picture(picture)
    whole, bands = described.whole.orientations, described.bands
    return SimpleNamespace(
        content=pixel_hash(picture),
        quality=described.whole.quality,
        hashes=np.concatenate([whole[:1], described.windows, bands[:, 0]]),
        asked=np.concatenate([whole, described.windows, *bands]),
        thumbnail=described.thumbnail.tobytes(),
        thumbnail_height=described.thumbnail.shape[0],
        thumbnail_width=described.thumbnail.shape[1],
    )


def changed_pictures(picture: Image.Image, chance: np.random.Generator) -> Iterator[tuple[str, Image.Image]]:
    """The picture after each change."""
    width, height = picture.size
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=40)
    yield "jpeg q40", Image.open(encoded).convert("RGB")
    yield "half size", picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS)
    left, top = (int(chance.integers(0, side // 10 + 1)) for side in (width, height))
    yield "crop 10 %", picture.crop((left, top, left + width * 9 // 10, top + height * 9 // 10))
    yield "mirrored", picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    yield "turned 90°", picture.transpose(Image.Transpose.ROTATE_90)
    yield "overlay text", lettered(picture, chance.uniform(0.02, 0.3), chance.uniform(0.1, 0.75))


def lettered(picture: Image.Image, across: float, down: float) -> Image.Image:
    """The picture with a line of text over it, from so far across and down, in parts of its sides."""
    written = picture.copy()
    at, font = (picture.width * across, picture.height * down), ImageFont.load_default(picture.width // 10)
    ImageDraw.Draw(written).text(at, "NOT MY WORK", (255, 255, 255), font, stroke_width=3, stroke_fill=(0, 0, 0))
    return written
