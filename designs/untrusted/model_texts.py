"""What model files say of their making: 3MF metadata, the header of STEP, a glTF's asset and its XMP."""

import re
from typing import Any

from designs.containers import gltf as container
from designs.containers.errors import ContainerError
from designs.containers.model_archive import find_model
from designs.untrusted import xml
from designs.untrusted.bundle import Bundle
from designs.untrusted.refusal import Refusal
from designs.untrusted.threemf_package import start_part

MAX_LINES = 64
MAX_VALUE = 4000
STEP_HEADER_BYTES = 256 * 1024
_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_XMP = "KHR_xmp_json_ld"
_STEP_NAMES = {
    "FILE_DESCRIPTION": ("description", "implementation level"),
    "FILE_NAME": ("name", "time", "author", "organization", "preprocessor", "originating system", "authorization"),
    "FILE_SCHEMA": ("schema",),
}
_STEP_ENTITY = re.compile(r"\b(FILE_DESCRIPTION|FILE_NAME|FILE_SCHEMA)\s*\(", re.ASCII)
_STEP_WIDE = re.compile(r"\\X2\\((?:[0-9A-F]{4}){1,2000})\\X0\\")

Lines = dict[str, str]


class _Enough(Exception):
    """Everything that is asked of the XML has been read."""


def of_3mf(path: str) -> Lines:
    """The metadata of the model (3MF core, 3.4.1), which stand before its objects. Raises Refusal."""
    found: Lines = {}
    name = ""
    text: list[str] = []

    def start(element: str, attributes: list[str]) -> None:
        nonlocal name
        if element == f"{_CORE} metadata":
            name = dict(zip(attributes[::2], attributes[1::2], strict=True)).get("name", "")
            text.clear()
        elif element == f"{_CORE} resources":
            raise _Enough

    def end(_element: str) -> None:
        nonlocal name
        if name and len(found) < MAX_LINES:
            found.setdefault(name[:80], "".join(text).strip()[:MAX_VALUE])
        name = ""

    def heard(piece: str) -> None:
        if name and len(text) < MAX_VALUE:
            text.append(piece)

    with Bundle(path) as bundle:
        try:
            xml.parse(bundle.pieces(start_part(bundle)), start, end, text=heard)
        except _Enough:
            pass
    return {key: value for key, value in found.items() if value}


def of_gltf(path: str, form: str) -> tuple[Lines, Lines]:
    """The asset's texts, and the XMP of KHR_xmp_json_ld by its names. Raises Refusal."""
    document = _document(path, form)
    asset = _object(document.get("asset"))
    lines = {key: str(asset[key])[:MAX_VALUE] for key in ("generator", "copyright") if isinstance(asset.get(key), str)}
    for key, value in list(_object(asset.get("extras")).items())[:MAX_LINES]:
        if isinstance(value, str) and value.strip():
            lines[f"extras {key}"[:80]] = value.strip()[:MAX_VALUE]
    packets = _object(_object(document.get("extensions")).get(_XMP)).get("packets")
    xmp: Lines = {}
    for packet in packets[:8] if isinstance(packets, list) else []:
        for key, value in list(_object(packet).items())[:MAX_LINES]:
            text = "\n".join(_leaves(value, 8))[:MAX_VALUE]
            if ":" in key and text:
                xmp.setdefault(key[:80], text)
    return lines, xmp


def of_step(path: str) -> Lines:
    """The header section of a STEP file (ISO 10303-21, 8.2): who wrote it, with what, in which schema."""
    with open(path, "rb") as stream:
        text = stream.read(STEP_HEADER_BYTES).decode("utf-8", "replace")
    header = text.partition("ENDSEC")[0]
    found: Lines = {}
    for entity in _STEP_ENTITY.finditer(header):
        names = _STEP_NAMES[entity[1]]
        for name, value in zip(names, _step_arguments(header, entity.end()), strict=False):
            if value:
                found.setdefault(f"{entity[1]} {name}", value[:MAX_VALUE])
    return found


def _step_arguments(text: str, place: int) -> list[str]:
    """The arguments from behind an opening parenthesis: strings, and lists of them as one text."""
    arguments: list[list[str]] = [[]]
    depth = 1
    while place < len(text) and depth:
        mark = text[place]
        if mark == "'":
            value, place = _step_string(text, place + 1)
            arguments[-1].append(value)
            continue
        depth += (mark == "(") - (mark == ")")
        if mark == "," and depth == 1:
            arguments.append([])
        place += 1
    return [", ".join(one for one in values if one) for values in arguments[:16]]


def _step_string(text: str, place: int) -> tuple[str, int]:
    """A string up to its closing apostrophe, with doubled ones single and \\X2\\ escapes as characters."""
    begin = place
    while (end := text.find("'", place)) >= 0 and text[end + 1 : end + 2] == "'":
        place = end + 2
    end = len(text) if end < 0 else end
    raw = text[begin:end].replace("''", "'").replace("\\\\", "\\")
    wide = _STEP_WIDE.sub(lambda found: bytes.fromhex(found[1]).decode("utf-16-be", "replace"), raw)
    return wide.strip(), end + 1


def _document(path: str, form: str) -> dict[str, Any]:
    try:
        if form == "gltf_zip":
            with Bundle(path) as bundle:
                name, _form = find_model(bundle.names)
                return container.read_document(bundle.contents(name, max_bytes=container.MAX_TEXT_BYTES))
        with open(path, "rb") as stream:
            if form == "gltf":
                return container.read_document(stream.read(container.MAX_TEXT_BYTES))
            length = int.from_bytes(stream.read(20)[12:16], "little")
            return container.read_document(stream.read(min(length, container.MAX_JSON_BYTES)))
    except ContainerError as error:
        raise Refusal(error.code, **error.details) from error


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _leaves(value: Any, depth: int) -> list[str]:
    """Texts in a value, however JSON-LD nests them."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if depth == 0 or not isinstance(value, dict | list):
        return []
    inner = [one for key, one in value.items() if not key.startswith("@") or key in ("@list", "@set", "@value")] \
        if isinstance(value, dict) else value  # fmt: skip
    return [text for one in inner[:MAX_LINES] for text in _leaves(one, depth - 1)]
