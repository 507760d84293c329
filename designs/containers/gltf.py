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
_NATURALS = {
    "index", "source", "sampler", "mesh", "skin", "camera", "bufferView", "buffer", "material", "indices", "scene",
    "byteOffset", "byteLength", "byteStride", "count", "texCoord",
}  # fmt: skip
_TEXTS = {"name", "uri", "mimeType", "type", "alphaMode"}
_NUMBERS = {"scale", "strength", "metallicFactor", "roughnessFactor", "alphaCutoff"}
_OBJECTS = {"asset", "extensions", "pbrMetallicRoughness", "attributes"}
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
        _check_types(document)
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
    _check_references(document, len(views))
    _check_nodes(document.get("nodes", []))
    _check_triangles(document, accessors)


def _check_types(value: Any) -> None:
    """Hold what the schema names against its type, wherever it stands; libraries guess what was meant."""
    waiting = [value]
    while waiting:
        for key, content in waiting.pop().items():
            if key in _NATURALS and not (key == "indices" and isinstance(content, dict)):
                _natural(content)
            elif key in _TEXTS and not isinstance(content, str):
                raise ValueError("not a text")
            elif key in _NUMBERS and (isinstance(content, bool) or not isinstance(content, int | float | list)):
                raise ValueError("not a number")
            elif (key in _OBJECTS or key.endswith("Texture")) and not isinstance(content, dict):
                raise ValueError("not an object")
            if key == "extensions":
                # What an extension means by a word is its own affair.
                if not all(isinstance(extension, dict) for extension in content.values()):
                    raise ValueError("not an object")
            elif key != "extras":
                below = content if isinstance(content, list) else [content]
                waiting += [each for each in below if isinstance(each, dict)]


def _check_references(document: dict[str, Any], views: int) -> None:
    counts = {name: len(document.get(name, [])) for name in ("textures", "images", "meshes", "materials", "scenes")}
    used = [(image["bufferView"], views) for image in document.get("images", []) if "bufferView" in image]
    used += [(texture["source"], counts["images"]) for texture in document.get("textures", []) if "source" in texture]
    used += [(node["mesh"], counts["meshes"]) for node in document.get("nodes", []) if "mesh" in node]
    used += [(document["scene"], counts["scenes"])] if "scene" in document else []
    for material in document.get("materials", []):
        surface = material.get("pbrMetallicRoughness", {})
        worn = [each for part in (material, surface) for key, each in part.items() if key.endswith("Texture")]
        used += [(texture["index"], counts["textures"]) for texture in worn]
    if any(number >= count for number, count in used):
        raise ContainerError("out_of_bounds")


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
