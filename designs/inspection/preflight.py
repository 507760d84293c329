"""What can be told from a file's head, its size and its end, before any parser sees it.

Every check reads a bounded number of bytes. What passes is of the kind its name says and declares no more than it
holds; whether it is valid is told by `inspect`, in a child process.
"""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO

from django.conf import settings

from designs.containers import gltf, model_archive, off_header, ply_header, step_text, zip_directory
from designs.containers.errors import ContainerError

from . import avif, images, stl, text_models, tiff
from .reasons import InspectionError

HEAD_BYTES = 4096


@dataclass(frozen=True)
class DetectedType:
    """What a file is: kind "image" or "mesh"; format png, jpeg, webp, avif, tiff, glb, stl_binary, stl_ascii, ply, off,
    3mf, step, obj, gltf, and obj_zip and gltf_zip for those in a ZIP with what they refer to."""

    kind: str
    format: str
    media_type: str
    stated_units: str = ""
    stated_up: str = ""

    def frame(self) -> dict[str, str]:
        """What its creator says of a format that does not say it itself, as a request to a child has it."""
        return {"stated_units": self.stated_units, "stated_up": self.stated_up}


@dataclass(frozen=True)
class FileLimits:
    """What a file may declare of itself."""

    max_pixels: int = 25_000_000
    max_triangles: int = 3_000_000

    @classmethod
    def configured(cls) -> "FileLimits":
        """The limits that the settings name."""
        return cls(max_pixels=settings.IMAGE_MAX_PIXELS, max_triangles=settings.MESH_MAX_TRIANGLES)


PNG = DetectedType("image", "png", "image/png")
JPEG = DetectedType("image", "jpeg", "image/jpeg")
WEBP = DetectedType("image", "webp", "image/webp")
AVIF = DetectedType("image", "avif", "image/avif")
TIFF = DetectedType("image", "tiff", "image/tiff")
GLB = DetectedType("mesh", "glb", "model/gltf-binary")
STL_BINARY = DetectedType("mesh", "stl_binary", "model/stl")
STL_ASCII = DetectedType("mesh", "stl_ascii", "model/stl")
PLY = DetectedType("mesh", "ply", "model/x-ply")
OFF = DetectedType("mesh", "off", "model/x-off")
THREEMF = DetectedType("mesh", "3mf", "model/3mf")
STEP = DetectedType("mesh", "step", "model/step")
OBJ = DetectedType("mesh", "obj", "model/obj")
GLTF = DetectedType("mesh", "gltf", "model/gltf+json")
_IMAGES = {one.format: one for one in (PNG, JPEG, WEBP, AVIF, TIFF)}

_EXTENSIONS = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".webp": "webp",
    ".avif": "avif",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".glb": "glb",
    ".stl": "stl",
    ".ply": "ply",
    ".off": "off",
    ".3mf": "3mf",
    ".step": "step",
    ".stp": "step",
    ".obj": "obj",
    ".gltf": "gltf",
    ".zip": "zip",
}
_NAMES = {
    "png": "PNG",
    "jpeg": "JPEG",
    "webp": "WebP",
    "avif": "AVIF",
    "tiff": "TIFF",
    "glb": "GLB",
    "stl": "STL",
    "ply": "PLY",
    "off": "OFF",
    "3mf": "3MF",
    "step": "STEP",
    "zip": "ZIP",
    "obj": "OBJ",
    "gltf": "glTF",
}
ENDINGS = tuple(_EXTENSIONS)
"""How the names of files that we take end."""
_DRAWINGS = {".svg", ".svgz"}
_UNKNOWN_CONTENT = "something else"


def preflight(path: Path, file_name: str, *, limits: FileLimits | None = None) -> DetectedType:
    """Tell what the file is. `file_name` is the uploader's name for it; only its ending matters.

    Raises InspectionError with a code and a sentence that says what to do.
    """
    limits = limits or FileLimits.configured()
    extension = PurePath(file_name).suffix.lower()
    claimed = _EXTENSIONS.get(extension)
    size = path.stat().st_size
    if size == 0:
        raise InspectionError("empty")
    if extension in _DRAWINGS:
        raise InspectionError("drawing")
    if claimed is None:
        raise InspectionError("unknown_type")
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        found = _family(head, size)
        # A 3MF is a ZIP; what makes it one stands in the members.
        if found == "zip" and claimed == "3mf":
            found = claimed
        if found is None and _reads_as(claimed, head):
            found = claimed
        if found != claimed:
            # An STL has no magic bytes: one that is cut short looks like nothing at all.
            if claimed == "stl" and found is None:
                stl.explain(head, size)
            raise InspectionError(
                "not_what_its_name_says",
                {"extension": extension, "found": _NAMES.get(found or "", _UNKNOWN_CONTENT)},
            )
        try:
            return _checked(found, stream, head, size, limits)
        except ContainerError as error:
            raise InspectionError(error.code, error.details) from error


def image_type(path: Path) -> str | None:
    """The media type of an image by its first bytes alone, whatever it is called; None for anything else."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    found = _IMAGES.get(_family(head, path.stat().st_size) or "")
    return found.media_type if found else None


def _family(head: bytes, size: int) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if avif.is_avif(head):
        return "avif"
    if tiff.is_tiff(head):
        return "tiff"
    if head.startswith(b"glTF"):
        return "glb"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if ply_header.is_ply(head):
        return "ply"
    if off_header.is_off(head):
        return "off"
    if step_text.is_step(head):
        return "step"
    return "stl" if stl.is_binary(head, size) or stl.is_ascii(head) else None


def _reads_as(claimed: str, head: bytes) -> bool:
    return (claimed == "obj" and text_models.is_obj(head)) or (claimed == "gltf" and text_models.is_gltf(head))


def _checked(family: str, stream: IO[bytes], head: bytes, size: int, limits: FileLimits) -> DetectedType:
    stream.seek(0)
    match family:
        case "png":
            images.check_png(stream, size, max_pixels=limits.max_pixels)
            return PNG
        case "jpeg":
            images.check_jpeg(stream, size, max_pixels=limits.max_pixels)
            return JPEG
        case "webp":
            images.check_webp(stream, size, max_pixels=limits.max_pixels)
            return WEBP
        case "avif":
            images.check_pixels(*avif.check_avif(stream, size), limits.max_pixels)
            return AVIF
        case "tiff":
            images.check_pixels(*tiff.check_tiff(stream, size), limits.max_pixels)
            return TIFF
        case "glb":
            gltf.check_glb(stream, size)
            return GLB
        case "ply":
            whole_head = stream.read(ply_header.MAX_HEADER_BYTES)
            ply_header.check_header(ply_header.read_header(whole_head), size, max_triangles=limits.max_triangles)
            return PLY
        case "off":
            off_header.check_header(off_header.read_header(head), size, max_triangles=limits.max_triangles)
            return OFF
        case "step":
            step_text.check_frame(stream, size)
            return STEP
        case "obj":
            return OBJ
        case "gltf":
            gltf.check_text(stream, size)
            return GLTF
        case "zip":
            _name, form = model_archive.find_model(zip_directory.read_directory(stream, size))
            return DetectedType("mesh", form, "application/zip")
        case "3mf":
            _check_3mf(stream, size)
            return THREEMF
    if stl.is_binary(head, size):
        stl.check_binary(head, max_triangles=limits.max_triangles)
        return STL_BINARY
    stl.check_ascii(stream, head, size)
    return STL_ASCII


def _check_3mf(stream: IO[bytes], size: int) -> None:
    names = {name.lower() for name in zip_directory.read_directory(stream, size)}
    if not {"[content_types].xml", "_rels/.rels"} <= names:
        raise InspectionError("3mf_no_model")
