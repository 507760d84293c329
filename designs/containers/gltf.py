"""The container and the JSON of glTF 2.0 (sections 4 and 3.6): lengths, bounds, and nothing outside the file."""

import struct
from typing import IO, Any

from common import bounded_json

from .errors import ContainerError

MAX_JSON_BYTES = 8 * 1024 * 1024
MAX_TEXT_BYTES = 64 * 1024 * 1024
MAX_ZEROS = 1_000_000
_JSON_CHUNK = 0x4E4F534A
_BINARY_CHUNK = 0x004E4942
_COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_MODE_TRIANGLES = (4, 5, 6)
_UNREAD_EXTENSIONS = {
    "KHR_draco_mesh_compression",
    "EXT_meshopt_compression",
    "KHR_meshopt_compression",
    "KHR_texture_basisu",
    "KHR_mesh_quantization",
}


def check_glb(stream: IO[bytes], size: int) -> None:
    """Check that the file declares no more than it holds and refers to nothing outside. Raises ContainerError."""
    header = stream.read(20)
    if len(header) < 20:
        raise ContainerError("truncated")
    _magic, version, length, json_length, json_kind = struct.unpack("<4sIIII", header)
    if version != 2 or json_kind != _JSON_CHUNK:
        raise ContainerError("unreadable")
    if length > size:
        raise ContainerError("truncated")
    if length < size:
        raise ContainerError("size_mismatch")
    if 20 + json_length > size:
        raise ContainerError("out_of_bounds")
    if json_length > MAX_JSON_BYTES:
        raise ContainerError("too_large")
    document = read_document(stream.read(json_length))
    _check(document, _binary_length(stream, size, 20 + json_length))


def check_text(stream: IO[bytes], size: int) -> None:
    """Check a glTF whose buffers and images lie in it, as data: URIs. Raises ContainerError."""
    if size > MAX_TEXT_BYTES:
        raise ContainerError("too_large")
    _check(read_document(stream.read(size)), 0)


def _check(document: dict[str, Any], binary: int) -> None:
    try:
        _check_document(document, binary)
    except ContainerError:
        raise
    except (TypeError, KeyError, AttributeError, IndexError, ValueError) as error:
        raise ContainerError("unreadable") from error


def read_document(text: bytes) -> dict[str, Any]:
    """The JSON of a glTF. Raises ContainerError."""
    try:
        document = bounded_json.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise ContainerError("unreadable") from error
    if not isinstance(document, dict):
        raise ContainerError("unreadable")
    return document


def _binary_length(stream: IO[bytes], size: int, offset: int) -> int:
    """Length of the binary chunk, 0 if there is none."""
    if offset == size:
        return 0
    stream.seek(offset)
    head = stream.read(8)
    if len(head) < 8:
        raise ContainerError("truncated")
    length, kind = struct.unpack("<II", head)
    if offset + 8 + length > size:
        raise ContainerError("out_of_bounds")
    return int(length) if kind == _BINARY_CHUNK else 0


def _check_document(document: dict[str, Any], binary: int) -> None:
    for extension in document.get("extensionsRequired", []):
        if extension in _UNREAD_EXTENSIONS:
            raise ContainerError("needs_extension", extension=extension)
    buffers = [_buffer_length(buffer, binary) for buffer in document.get("buffers", [])]
    for image in document.get("images", []):
        _check_reference(image.get("uri"))
    views = document.get("bufferViews", [])
    for view in views:
        start, length = _natural(view.get("byteOffset", 0)), _natural(view["byteLength"])
        if start + length > buffers[_natural(view["buffer"])]:
            raise ContainerError("out_of_bounds")
    accessors = document.get("accessors", [])
    for accessor in accessors:
        _check_accessor(accessor, views)
    _check_nodes(document.get("nodes", []))
    _check_triangles(document, accessors)


def _check_nodes(nodes: list[dict[str, Any]]) -> None:
    """Nodes are trees (3.5.2): each in one other at most, and none in itself by any way."""
    waiting = set(range(len(nodes)))
    below = [[_natural(child) for child in node.get("children", [])] for node in nodes]
    for children in below:
        for child in children:
            if child >= len(nodes):
                raise ContainerError("out_of_bounds")
            if child not in waiting:
                raise ContainerError("node_cycle")
            waiting.remove(child)
    # What hangs on nothing is a root; what no root leads to hangs on itself.
    reached, roots = 0, list(waiting)
    while roots:
        reached += 1
        roots += below[roots.pop()]
    if reached < len(nodes):
        raise ContainerError("node_cycle")


def _buffer_length(buffer: dict[str, Any], binary: int) -> int:
    length = _natural(buffer["byteLength"])
    reference = buffer.get("uri")
    if reference is None:
        # The chunk may be padded by up to three bytes.
        if length > binary:
            raise ContainerError("out_of_bounds")
        return length
    _check_reference(reference)
    head, _comma, encoded = reference.partition(",")
    if length > (len(encoded) * 3 // 4 if head.endswith(";base64") else len(encoded)):
        raise ContainerError("out_of_bounds")
    return length


def _check_reference(reference: str | None) -> None:
    if reference is not None and not reference.startswith("data:"):
        raise ContainerError("external_reference", reference=reference[:60])


def _check_accessor(accessor: dict[str, Any], views: list[dict[str, Any]]) -> None:
    count = _natural(accessor["count"])
    element = _COMPONENT_BYTES[accessor["componentType"]] * _COMPONENTS[accessor["type"]]
    if "sparse" in accessor:
        sparse = accessor["sparse"]
        changed = _natural(sparse["count"])
        index = _COMPONENT_BYTES[sparse["indices"]["componentType"]]
        _check_span(sparse["indices"], views, changed, index, stride=index)
        _check_span(sparse["values"], views, changed, element, stride=element)
    if "bufferView" not in accessor:
        # Without data an accessor is all zeros, of any length: room that nobody paid for in bytes.
        if count > MAX_ZEROS:
            raise ContainerError("out_of_bounds")
        return
    view = views[_natural(accessor["bufferView"])]
    stride = _natural(view.get("byteStride", element)) or element
    _check_span(accessor, views, count, element, stride=stride)


def _check_span(holder: dict[str, Any], views: list[dict[str, Any]], count: int, element: int, *, stride: int) -> None:
    view = views[_natural(holder["bufferView"])]
    if count and _natural(holder.get("byteOffset", 0)) + (count - 1) * stride + element > view["byteLength"]:
        raise ContainerError("out_of_bounds")


def _check_triangles(document: dict[str, Any], accessors: list[dict[str, Any]]) -> None:
    primitives = [primitive for mesh in document.get("meshes", []) for primitive in mesh.get("primitives", [])]
    found = False
    for primitive in primitives:
        used = [*primitive.get("attributes", {}).values()]
        used += [primitive["indices"]] if "indices" in primitive else []
        for index in used:
            accessors[_natural(index)]
        if primitive.get("mode", 4) in _MODE_TRIANGLES and "POSITION" in primitive.get("attributes", {}):
            corners = primitive.get("indices", primitive["attributes"]["POSITION"])
            found = found or accessors[corners]["count"] >= 3
    if not found:
        raise ContainerError("no_triangles")


def _natural(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("not a whole number from 0")
    return value
