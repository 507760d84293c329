"""Designs for tests of originality: small files, their changed copies, and the comparison without previews."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from accounts.models import User
from designs.inspection import preflight
from designs.models import Design, DesignVersion, ProcessingStep
from designs.services.fingerprints import fingerprint_of
from designs.services.originality import compare_version
from designs.storage import master_store
from designs.tests.samples import binary_stl
from designs.tests.test_descriptors import bracket, changed
from designs.tests.uploading import uploaded


def draft(owner: User, content: bytes, name: str, *, title: str = "Bracket") -> Design:
    """A draft whose processing is over, except that nothing was compared."""
    design = uploaded(owner, content, name=name, title=title)
    ProcessingStep.objects.filter(version__design=design).update(state="done", percent=100)
    Design.objects.filter(pk=design.pk).update(state=Design.State.DRAFT)
    DesignVersion.objects.filter(design=design).update(facts={"format": "read"})
    design.refresh_from_db()
    return design


def compared(design: Design, folder: Path) -> DesignVersion:
    """Its version, after its fingerprint was computed in a child and compared."""
    version = design.versions.select_related("master", "design").get()
    path = master_store().path(version.master.sha256)
    kept = fingerprint_of(version.master, path, preflight(path, version.file_name), folder)
    compare_version(version=version, fingerprint=kept)()
    return version


def bracket_stl(**change) -> bytes:
    """A bracket as binary STL: as it is, or changed as test_descriptors.changed does."""
    positions, faces = bracket()
    return binary_stl((changed(positions, **change) if change else positions)[faces])


def bracket_obj() -> bytes:
    """The very triangles of bracket_stl() as OBJ."""
    positions, faces = bracket()
    single = positions.astype(np.float32)
    lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in single.tolist()]
    return "\n".join([*lines, *("f {} {} {}".format(*(face + 1)) for face in faces)]).encode()


def png_of(image: Image.Image) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "PNG")
    return encoded.getvalue()
