"""Masters in each format that holds our statement, and what was delivered of them with one thing changed."""

import io
import zipfile
from dataclasses import dataclass

from accounts.models import User
from designs.models import Design, DesignVersion
from designs.services.received import asset_of
from designs.storage import master_store
from designs.tests.archives import threemf, zipped
from designs.tests.samples import glb_bytes, image_bytes
from designs.tests.step_files import step_block
from marketplace.tests import rows


@dataclass(frozen=True)
class Sample:
    """A master, and what inspection says of it."""

    content: bytes
    name: str
    media_type: str
    facts: dict[str, object]


_PICTURE = {"width": 64, "height": 48}
MASTERS = {
    "png": Sample(image_bytes("PNG"), "a.png", "image/png", _PICTURE),
    "jpeg": Sample(image_bytes("JPEG"), "a.jpg", "image/jpeg", _PICTURE),
    "webp": Sample(image_bytes("WEBP"), "a.webp", "image/webp", _PICTURE),
    "glb": Sample(glb_bytes(), "a.glb", "model/gltf-binary", {"triangles": 12, "units": "m"}),
    "3mf": Sample(threemf(), "a.3mf", "model/3mf", {"triangles": 12, "units": "mm"}),
    "step": Sample(step_block(), "a.step", "model/step", {"triangles": 12, "units": "mm"}),
}


def anchored_version(owner: User, content: bytes, name: str, form: str, media_type: str) -> DesignVersion:
    """The version of an anchored design with this master, whose facts say its format."""
    rows.chain_read_to(100)
    kind = Design.Kind.IMAGE if media_type.startswith("image/") else Design.Kind.MESH
    design = rows.draft(owner, f"Piece {name}", kind=kind)
    blob = master_store().put(io.BytesIO(content), max_bytes=len(content))
    master = asset_of(blob, media_type=media_type)
    design.versions.update(file_name=name, facts={"format": form}, master=master)
    rows.anchor(design, block=20)
    return DesignVersion.objects.select_related("design", "master").get(design=design)


def changed(form: str, content: bytes) -> bytes:
    """The same file with one bit of its picture or its shape flipped; a 3MF is packed anew, so that its sums fit."""
    if form == "3mf":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        model = members["3D/3dmodel.model"]
        return zipped(members | {"3D/3dmodel.model": _flipped(model, model.index(b'x="10') + 4)})
    places = {
        "png": lambda: content.index(b"IDAT") + 8,
        "jpeg": lambda: len(content) - 10,
        "webp": lambda: content.index(b"VP8 ") + 40,
        "glb": lambda: len(content) - 1,
        "step": lambda: content.index(b"CARTESIAN_POINT('',(10.0") + len("CARTESIAN_POINT('',(1"),
    }
    return _flipped(content, places[form]())


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
