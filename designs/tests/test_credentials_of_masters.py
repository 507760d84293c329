"""Masters that bring Content Credentials of their own, with their prompt and a picture of them: nothing of those is in
what everybody sees, and a buyer gets them within a size."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from designs.credentials import Certificate, read_credentials
from designs.models import DesignVersion
from designs.services.preview_credentials import sign_published_pictures
from designs.storage import preview_store
from designs.tests.manifests import signed_elsewhere
from designs.tests.test_credentials import authority, certificate, made, piece
from designs.untrusted.credentials import MOST_BYTES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]
__all__ = ["authority", "certificate", "piece"]

PROMPT = "a lantern of oxidized copper, seed 90210"
JPEG = b"\xff\xd8\xff"


def bringing(certificate: Certificate, *, parts: list[bytes] | None = None) -> tuple[bytes, bytes]:
    """The manifest and the master: noise of 1100 by 1100 pixels, of which a program keeps 1024 by 1024 as thumbnail."""
    picture = io.BytesIO()
    noise = np.random.default_rng(7).integers(0, 256, (1100, 1100, 3), dtype=np.uint8)
    Image.fromarray(noise).save(picture, "JPEG", quality=60)
    said = {"label": "org.example.making", "data": {"prompt": PROMPT}}
    return signed_elsewhere(
        picture.getvalue(), "image/jpeg", certificate, assertions=[said], ingredients=parts, thumbnail=True
    )


def of_master(piece: Any, master: bytes) -> DesignVersion:
    version = piece(master, "a.jpg", "jpeg", "image/jpeg")
    assert isinstance(version, DesignVersion)
    return version


def test_no_picture_holds_anything_of_its_masters_credentials(
    piece: Any, certificate: Certificate, tmp_path: Path
) -> None:
    manifest, master = bringing(certificate)
    assert PROMPT.encode() in manifest
    with Image.open(io.BytesIO(manifest[manifest.index(JPEG) :])) as thumbnail:
        assert thumbnail.size == (1024, 1024)
    version = of_master(piece, master)
    before = version.previews.get()
    bare = preview_store().path(before.sha256).read_bytes()

    assert sign_published_pictures() == 1

    picture = version.previews.get()
    content = preview_store().path(picture.sha256).read_bytes()
    assert PROMPT.encode() not in content
    assert content.count(JPEG) == bare.count(JPEG)
    assert 3_000 < len(content) - len(bare) < 8_000
    assert f"urn:loomprint:file:{version.master.sha256}".encode() in content
    found = read_credentials(preview_store().path(picture.sha256), picture.media_type, tmp_path)
    assert (found.state, found.failures, found.entry) == ("trusted", [], version.design.entry_id)
    assert found.actions == ["c2pa.opened", "c2pa.resized.proportional"]
    assert [(one.title, one.relationship) for one in found.ingredients] == [("master", "parentOf")]


def test_a_buyer_gets_the_masters_credentials_unless_they_are_huge(
    piece: Any, certificate: Certificate, tmp_path: Path
) -> None:
    parts = [bringing(certificate)[1] for _number in range(6)]
    version = of_master(piece, parts[0])
    _rendition, path = made(version, "resized")
    assert PROMPT.encode() in path.read_bytes()
    assert read_credentials(path, "image/jpeg", tmp_path).state == "trusted"

    manifest, master = bringing(certificate, parts=parts)
    assert len(manifest) > MOST_BYTES
    huge = of_master(piece, master)
    _rendition, path = made(huge, "resized")
    content = path.read_bytes()
    assert PROMPT.encode() not in content
    assert f"urn:loomprint:file:{huge.master.sha256}".encode() in content
    found = read_credentials(path, "image/jpeg", tmp_path)
    assert (found.state, [one.relationship for one in found.ingredients]) == ("trusted", ["parentOf"])
