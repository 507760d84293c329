"""The package around a 3MF model: which part is the model, what it refers to, and that it is all in there.

Open Packaging Conventions (ECMA-376 part 2) as the 3MF core specification, chapter 2, narrows them.
"""

import posixpath
from dataclasses import dataclass

from designs.untrusted import xml
from designs.untrusted.bundle import Bundle
from designs.untrusted.refusal import Refusal

MAX_RELATIONS_BYTES = 4 * 1024 * 1024
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MODEL = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
_TICKET = "http://schemas.microsoft.com/3dmanufacturing/2013/01/printticket"
_THUMBNAIL = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
_ENCRYPTED = "http://schemas.openxmlformats.org/package/2006/relationships/encryptedfile"
_MUST_BE_THERE = ("http://schemas.microsoft.com/3dmanufacturing/", _THUMBNAIL)


@dataclass(frozen=True)
class Relation:
    """From one part to another: the kind as a URI, and the other's name in the archive."""

    kind: str
    target: str


def start_part(bundle: Bundle) -> str:
    """Name of the part that holds the model. Raises Refusal unless there is exactly one."""
    if "[Content_Types].xml" not in bundle:
        raise Refusal("3mf_no_model")
    xml.parse(bundle.pieces("[Content_Types].xml"), lambda _name, _attributes: None, lambda _name: None)
    models = [relation.target for relation in relations(bundle, "") if relation.kind == _MODEL]
    if not models:
        raise Refusal("3mf_no_model")
    if len(models) > 1:
        raise Refusal("3mf_ambiguous", what=models[1][:60])
    if sum(relation.kind == _TICKET for relation in relations(bundle, models[0])) > 1:
        raise Refusal("3mf_ambiguous", what="PrintTicket")
    return models[0]


def relations(bundle: Bundle, part: str) -> list[Relation]:
    """What a part refers to, each checked to be there; the empty name is the package's own. Raises Refusal."""
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", name + ".rels")
    if listed not in bundle:
        return []
    if bundle.size(listed) > MAX_RELATIONS_BYTES:
        raise Refusal("too_large")
    found: list[Relation] = []

    def start(name: str, attributes: list[str]) -> None:
        if name != f"{_RELATIONS} Relationship":
            return
        values = dict(zip(attributes[::2], attributes[1::2], strict=True))
        target, kind = values.get("Target", ""), values.get("Type", "")
        if values.get("TargetMode", "Internal") != "Internal" or ":" in target or target.startswith("//"):
            raise Refusal("external_reference", reference=target[:60])
        if kind == _ENCRYPTED:
            raise Refusal("archive_encrypted")
        resolved = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        if resolved not in bundle and kind.startswith(_MUST_BE_THERE):
            raise Refusal("3mf_missing_part", part=target[:60])
        found.append(Relation(kind, resolved))

    xml.parse(bundle.pieces(listed), start, lambda _name: None)
    return found
