"""The head of a PLY file (Turk, "The PLY Polygon File Format", 1994): what follows it, and how long that must be."""

from dataclasses import dataclass

from .errors import ContainerError

MAX_HEADER_BYTES = 64 * 1024
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_ENCODINGS = {"ascii": "ascii", "binary_little_endian": "<", "binary_big_endian": ">"}
_FACES = {"face", "faces"}
_CORNERS = {"vertex_indices", "vertex_index"}


@dataclass(frozen=True)
class Property:
    """A value, or with `count_type` a list of values. Types as numpy writes them, without the byte order."""

    name: str
    type: str
    count_type: str | None = None


@dataclass(frozen=True)
class Element:
    """`count` records of the same properties."""

    name: str
    count: int
    properties: tuple[Property, ...]

    def least_bytes(self, *, text: bool) -> int:
        """The fewest bytes that the records can take: as text, a digit and what parts it from the next."""
        if text:
            return 2 * self.count * len(self.properties)
        return self.count * sum(int((each.count_type or each.type)[1]) for each in self.properties)


@dataclass(frozen=True)
class PlyHeader:
    """`encoding` is "ascii", or the byte order "<" or ">"; `length` is that of the head itself, in bytes."""

    encoding: str
    elements: tuple[Element, ...]
    length: int
    names_texture: bool

    def element(self, *names: str) -> Element | None:
        return next((each for each in self.elements if each.name in names), None)


def is_ply(head: bytes) -> bool:
    return head[:4] in (b"ply\n", b"ply\r") or head.startswith(b"ply ")


def read_header(head: bytes) -> PlyHeader:
    """Parse the head from the file's first MAX_HEADER_BYTES. Raises ContainerError."""
    end = head.find(b"end_header")
    stop = head.find(b"\n", end)
    if end < 0 or stop < 0:
        raise ContainerError("unreadable" if len(head) >= MAX_HEADER_BYTES else "truncated")
    encoding = ""
    elements: list[tuple[str, int, list[Property]]] = []
    names_texture = False
    for line in head[:end].decode("latin-1").splitlines()[1:]:
        words = line.split()
        if not words or words[0] == "obj_info":
            continue
        if words[0] == "comment":
            names_texture = names_texture or words[1:2] == ["TextureFile"]
        elif words[0] == "format" and len(words) == 3:
            encoding = _ENCODINGS.get(words[1], "")
        elif words[0] == "element" and len(words) == 3:
            elements.append((words[1], _count(words[2]), []))
        elif words[0] == "property" and elements:
            elements[-1][2].append(_property(words))
        else:
            raise ContainerError("unreadable")
    if not encoding:
        raise ContainerError("unreadable")
    found = tuple(Element(name, count, tuple(properties)) for name, count, properties in elements)
    return PlyHeader(encoding, found, stop + 1, names_texture)


def check_header(header: PlyHeader, size: int, *, max_triangles: int) -> None:
    """Refuse a head that promises more than the file holds, or no faces. Raises ContainerError."""
    vertices, faces = header.element("vertex"), header.element(*_FACES)
    if vertices is None or faces is None or faces.count == 0:
        raise ContainerError("no_triangles")
    if corners_of(faces) is None or not {"x", "y", "z"} <= {each.name for each in vertices.properties}:
        raise ContainerError("unreadable")
    text = header.encoding == "ascii"
    # The last number of a text needs nothing behind it.
    if sum(each.least_bytes(text=text) for each in header.elements) > size - header.length + text:
        raise ContainerError("truncated")
    if faces.count > max_triangles or vertices.count > 3 * max_triangles:
        raise ContainerError("too_many_triangles", max_triangles=max_triangles)


def corners_of(faces: Element) -> Property | None:
    """The list of the corners of a face."""
    return next((each for each in faces.properties if each.name in _CORNERS and each.count_type), None)


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit()) or len(word) > 12:
        raise ContainerError("unreadable")
    return int(word)


def _property(words: list[str]) -> Property:
    try:
        if words[1] == "list":
            _property_word, _list_word, count_type, kind, name = words
            if _TYPES[count_type][0] == "f":
                raise ContainerError("unreadable")
            return Property(name, _TYPES[kind], _TYPES[count_type])
        _property_word, kind, name = words
        return Property(name, _TYPES[kind])
    except (KeyError, ValueError, IndexError) as error:
        raise ContainerError("unreadable") from error
