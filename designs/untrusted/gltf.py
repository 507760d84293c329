"""glTF as text, alone or in a ZIP: made into one GLB in memory, which is checked and read as any other."""

import io
import json
import posixpath
import struct
from typing import Any
from urllib.parse import unquote

from designs.containers import gltf, model_archive
from designs.containers.errors import ContainerError
from designs.untrusted.bundle import Bundle
from designs.untrusted.glb import data_of, read_glb_stream
from designs.untrusted.meshes import Model
from designs.untrusted.refusal import Refusal

MAX_BUFFER_BYTES = 512 * 1024 * 1024
_IMAGE_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def read_gltf(path: str, *, zipped: bool, max_triangles: int, max_pixels: int) -> Model:
    """Read a glTF. Raises Refusal."""
    try:
        if zipped:
            with Bundle(path) as bundle:
                name, _form = model_archive.find_model(bundle.names)
                packed = _packed(bundle.contents(name, max_bytes=gltf.MAX_TEXT_BYTES), bundle, posixpath.dirname(name))
        else:
            with open(path, "rb") as stream:
                packed = _packed(stream.read(gltf.MAX_TEXT_BYTES), None, "")
        gltf.check_glb(io.BytesIO(packed), len(packed))
    except ContainerError as error:
        raise Refusal(error.code, **error.details) from error
    return read_glb_stream(io.BytesIO(packed), max_triangles=max_triangles, max_pixels=max_pixels)


def _packed(text: bytes, bundle: Bundle | None, folder: str) -> bytes:
    """The GLB of a glTF: every buffer and image in its binary chunk."""
    document = gltf.read_document(text)
    binary = bytearray()
    starts = []
    for buffer in _objects(document, "buffers"):
        content = _resolved(buffer.get("uri"), bundle, folder)
        if _length(buffer.get("byteLength")) > len(content):
            raise Refusal("out_of_bounds")
        starts.append(_append(binary, content))
    views = _objects(document, "bufferViews")
    for view in views:
        number = _length(view.get("buffer"))
        if number >= len(starts) or _length(view.get("byteOffset", 0)) + _length(view.get("byteLength")) > _length(
            document["buffers"][number]["byteLength"]
        ):
            raise Refusal("out_of_bounds")
        view["byteOffset"] = view.get("byteOffset", 0) + starts[number]
        view["buffer"] = 0
    for image in _objects(document, "images"):
        if "uri" in image:
            content = _resolved(image.pop("uri"), bundle, folder)
            kind = next((kind for magic, kind in _IMAGE_TYPES.items() if content.startswith(magic)), None)
            if kind is None:
                raise Refusal("texture_unreadable")
            start = _append(binary, content)
            document.setdefault("bufferViews", []).append(
                {"buffer": 0, "byteOffset": start, "byteLength": len(content)}
            )
            image.update(bufferView=len(document["bufferViews"]) - 1, mimeType=kind)
    if binary:
        document["buffers"] = [{"byteLength": len(binary)}]
    head = json.dumps(document, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 4)
    chunks = struct.pack("<I4s", len(head), b"JSON") + head + struct.pack("<I4s", len(binary), b"BIN\x00") + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def _objects(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = document.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Refusal("unreadable", cause=f"{name} is no list of objects")
    return listed


def _length(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refusal("unreadable", cause="a length is no whole number")
    return value


def _append(binary: bytearray, content: bytes) -> int:
    if len(binary) + len(content) > MAX_BUFFER_BYTES:
        raise Refusal("too_large")
    start = len(binary)
    binary += content + b"\x00" * (-len(content) % 4)
    return start


def _resolved(reference: Any, bundle: Bundle | None, folder: str) -> bytes:
    """Bytes that a URI stands for: its own data, or a file beside the model."""
    if not isinstance(reference, str):
        raise Refusal("unreadable", cause="a buffer has no data")
    if reference.startswith("data:"):
        return data_of(reference)
    if bundle is None:
        raise Refusal("external_reference", reference=reference[:60])
    return beside(reference, bundle, folder, max_bytes=MAX_BUFFER_BYTES)


def beside(reference: str, bundle: Bundle, folder: str, *, max_bytes: int) -> bytes:
    """A file of the archive by its path from the model's folder. Raises Refusal when it is not in there."""
    name = posixpath.normpath(posixpath.join(folder, unquote(reference).replace("\\", "/")))
    if name not in bundle:
        raise Refusal("external_reference", reference=reference[:60])
    return bundle.contents(name, max_bytes=max_bytes)
