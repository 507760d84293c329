"""XMP (ISO 16684-1): the properties of a packet, as text, wherever its serialization puts them."""

from dataclasses import dataclass, field

from designs.untrusted import xml
from designs.untrusted.refusal import Refusal

MAX_PROPERTIES = 200
MAX_VALUE = 4000
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DESCRIPTION = f"{_RDF} Description"
_PREFIXES = {
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
}


def read_xmp(packet: bytes) -> dict[str, str]:
    """Properties by their usual names, as "dc:creator"; only those of namespaces that speak of the making.

    Raises Refusal for a packet that is no XML or declares a document type.
    """
    reader = _Reader()
    # Packets are padded so that they can be changed in place.
    body = packet.strip(b"\0 \t\r\n")
    if body:
        xml.parse([body], reader.start, reader.end, text=reader.text)
    return reader.found


@dataclass
class _Reader:
    found: dict[str, str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _property: str = ""
    _depth: int = 0
    _text: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: list[str]) -> None:
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        if name == _DESCRIPTION and not self._property:
            for key, value in pairs:
                self._take(key, value)
        elif self._open and self._open[-1] == _DESCRIPTION and not self._property:
            self._property, self._depth, self._text = name, len(self._open), []
            self._text += [value for key, value in pairs if key == f"{_RDF} resource"]
        self._open.append(name)

    def text(self, piece: str) -> None:
        if self._property and len(self._text) < MAX_VALUE:
            self._text.append(piece)

    def end(self, name: str) -> None:
        self._open.pop()
        if self._property and len(self._open) == self._depth:
            self._take(self._property, "".join(self._text))
            self._property = ""
        elif self._property and name == f"{_RDF} li":
            self._text.append("\n")

    def _take(self, name: str, value: str) -> None:
        uri, _space, local = name.rpartition(" ")
        prefix = _PREFIXES.get(uri)
        text = "\n".join(line.strip() for line in value.strip().splitlines() if line.strip())[:MAX_VALUE]
        if prefix and text and len(self.found) < MAX_PROPERTIES:
            self.found.setdefault(f"{prefix}:{local}", text)


def readable(packet: bytes, notes: set[str]) -> dict[str, str]:
    """As `read_xmp`; nothing, and a note, where it cannot be read."""
    try:
        return read_xmp(packet)
    except Refusal:
        notes.add("xmp_unreadable")
        return {}
