"""Content Credentials: ours hold in what we deliver and publish, others' are read, and the key stays where it is."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from contracts.verifier.statement import Statement, statements_in
from designs.credentials import (
    Certificate,
    CertificateError,
    CredentialsError,
    configured_certificate,
    found_in,
    read_credentials,
    sign,
    sign_file,
    signing_certificate,
    trust_anchors,
)
from designs.credentials.local_authority import make_local_authority
from designs.credentials.manifest import manifest_of
from designs.models import Design, DesignVersion, Preview, PreviewCredential, RegistryEntry, Rendition
from designs.renditions import forms_of
from designs.sandbox import ChildFailed, run_child
from designs.services.preview_credentials import sign_published_pictures
from designs.services.renditions import request_rendition, run_rendition, sweep_renditions
from designs.storage import master_store, preview_store
from designs.tests.delivered import anchored_version
from designs.tests.samples import binary_stl, image_bytes
from marketplace.tests.test_lineage import derives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

ALGORITHM = "algorithmicMedia"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("credentials")
    assert make_local_authority(folder)
    return folder


@pytest.fixture(autouse=True)
def certificate(settings: Any, authority: Path) -> Certificate:
    settings.CREDENTIALS_DIR = authority
    settings.OPERATOR_KEY = "0x" + "07" * 32
    found = configured_certificate()
    assert found is not None
    return found


@pytest.fixture
def piece(creator: User) -> Any:
    return partial(anchored_version, creator)


def made(version: DesignVersion, form: str) -> tuple[Rendition, Path]:
    rendition = request_rendition(version=version, form=form)
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert rendition.asset is not None, rendition.message
    return rendition, master_store().path(rendition.asset.sha256)


def test_a_delivered_image_has_credentials_beside_our_statement_and_both_hold(
    piece: Any, png: bytes, tmp_path: Path, settings: Any
) -> None:
    version = piece(png, "a.png", "png", "image/png")
    rendition, path = made(version, "credentials")
    assert (rendition.has_credentials, rendition.manifest) == (True, None)
    assert [(one.text, whole) for one, whole in statements_in(str(path))] == [(rendition.embedded, True)]

    found = read_credentials(path, "image/png", tmp_path)
    assert (found.state, found.failures) == ("trusted", [])
    assert (found.generator, found.title) == ("Loomprint 1", "Piece a.png")
    assert (found.actions, found.sources) == (["c2pa.created"], [ALGORITHM])
    assert (found.entry, found.ingredients) == (version.design.entry_id, [])
    content = path.read_bytes()
    for private in (b"Northlight", b"creator@example.org", b"a.png-thumbnail"):
        assert private not in content
    # Thumbnails would take a hundred times the room, and what c2pa keeps free for a callback ten thousand bytes.
    assert len(content) - len(png) < 8_000

    settings.CREDENTIALS_DIR = tmp_path / "nothing"
    assert read_credentials(path, "image/png", tmp_path).state == "valid"
    (tmp_path / "changed").write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])
    assert read_credentials(tmp_path / "changed", "image/png", tmp_path).state == "invalid"
    (tmp_path / "bare").write_bytes(png)
    assert read_credentials(tmp_path / "bare", "image/png", tmp_path).state == "absent"
    with Image.open(path) as image:
        image.save(tmp_path / "again", "PNG")
    assert read_credentials(tmp_path / "again", "image/png", tmp_path).state == "absent"


def test_what_was_made_from_the_master_names_it_as_its_parent(piece: Any, tmp_path: Path) -> None:
    version = piece(image_bytes("WEBP"), "a.webp", "webp", "image/webp")
    _rendition, path = made(version, "resized")
    found = read_credentials(path, "image/jpeg", tmp_path)
    assert found.state == "trusted"
    assert found.actions == ["c2pa.opened", "c2pa.resized.proportional"]
    assert [(one.title, one.relationship) for one in found.ingredients] == [("master", "parentOf")]


def test_the_works_that_it_derives_from_are_its_ingredients(piece: Any, png: bytes, tmp_path: Path) -> None:
    parent = piece(image_bytes("PNG", size=(30, 20)), "parent.png", "png", "image/png").design
    hidden = piece(image_bytes("PNG", size=(20, 30)), "hidden.png", "png", "image/png").design
    Design.objects.filter(pk=hidden.pk).update(state="taken_down")
    lines = [(hidden.entry_id, 100_000, True), (parent.entry_id, 50_000, True), ("0x" + "ab" * 16, 10_000, False)]
    # In the table's order, by title where anyone may see the work; what lies further back is the parents' to name.
    named = [(hidden.entry_id, "inputTo", hidden.entry_id), (parent.title, "inputTo", parent.entry_id)]

    def ingredients(path: Path, media_type: str, beside: Path | None = None) -> list[tuple[str, str, str]]:
        found = read_credentials(path, media_type, tmp_path, beside=beside).ingredients
        return [(one.title, one.relationship, one.entry) for one in found]

    picture = piece(png, "a.png", "png", "image/png")
    mesh = piece(binary_stl(), "a.stl", "stl_binary", "model/stl")
    for version in (picture, mesh):
        derives(version.design, *lines)
    assert ingredients(made(picture, "credentials")[1], "image/png") == named
    glb, path = made(mesh, "glb")
    assert glb.manifest is not None
    told = ingredients(path, "model/gltf-binary", master_store().path(glb.manifest.sha256))
    assert told == [*named, ("master", "parentOf", "")]

    assert sign_published_pictures() == 4
    shown = Preview.objects.get(version=picture)
    *told, of_what = ingredients(preview_store().path(shown.sha256), shown.media_type)
    assert (told, of_what[1]) == (named, "parentOf")


def test_what_cannot_hold_credentials_has_them_beside_it(piece: Any, tmp_path: Path) -> None:
    version = piece(binary_stl(), "a.stl", "stl_binary", "model/stl")
    assert forms_of(version) == ["glb", "3mf", "c2pa"]
    sidecar, path = made(version, "c2pa")
    assert (sidecar.file_name, sidecar.asset.media_type) == ("a.c2pa", "application/c2pa")
    master = master_store().path(version.master.sha256)
    found = read_credentials(master, "model/stl", tmp_path, beside=path)
    assert (found.state, found.actions) == ("trusted", ["c2pa.created"])
    (tmp_path / "other").write_bytes(binary_stl(header=b"other"))
    assert read_credentials(tmp_path / "other", "model/stl", tmp_path, beside=path).state == "invalid"

    glb, path = made(version, "glb")
    assert (glb.has_credentials, glb.manifest is not None) == (False, True)
    beside = master_store().path(glb.manifest.sha256)
    found = read_credentials(path, "model/gltf-binary", tmp_path, beside=beside)
    assert (found.state, found.actions) == ("trusted", ["c2pa.opened", "c2pa.converted"])


def test_those_beside_a_file_are_stated_to_be_of_the_same_master_by_their_own_hash(
    piece: Any, django_assert_max_num_queries: Any
) -> None:
    version = piece(binary_stl(), "a.stl", "stl_binary", "model/stl")
    RegistryEntry.objects.update(output_hash=version.master.output_hash)
    glb, _path = made(version, "glb")
    assert glb.asset is not None
    assert glb.manifest is not None
    beside = Statement.read(glb.manifest_statement.encode())
    assert (beside.signer(), beside.content) == (glb.signer.lower(), glb.manifest.sha256)
    assert (beside.scheme, beside.form, beside.master) == ("file", "c2pa", version.master.sha256)

    address = reverse("verify:verdict", args=[glb.manifest.sha256])
    with django_assert_max_num_queries(16):
        page = Client().get(address).content.decode()
    assert f"This file is a rendition of the file with SHA-256 {version.master.sha256}" in page
    assert "keep the JSON beside the file" in page
    assert "C2PA)</a>" not in page, "they have none beside them"
    # Of the file itself nothing changed.
    file = Client().get(reverse("verify:verdict", args=[glb.asset.sha256])).content.decode()
    assert ("it stands in the file as well" in file, "C2PA)</a>" in file) == (True, True)
    credentials = [reverse("verify:credentials", args=[one.sha256]) for one in (glb.asset, glb.manifest)]
    assert [Client().get(one).status_code for one in credentials] == [200, 404]

    # Rows of before there was this statement get it, while whoever signed the file is the operator.
    Rendition.objects.update(manifest_statement="", signer="0x" + "12" * 20)
    sweep_renditions()
    assert "Nothing is known about this file" in Client().get(address).content.decode()
    Rendition.objects.update(signer=glb.signer)
    sweep_renditions()
    glb.refresh_from_db()
    assert Statement.read(glb.manifest_statement.encode()) == beside
    assert "This file is a rendition" in Client().get(address).content.decode()


def test_a_child_that_names_something_else_to_be_signed_gets_nothing(
    piece: Any, png: bytes, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = piece(png, "a.png", "png", "image/png")
    manifest = manifest_of(version, title="A", form="credentials")
    source = tmp_path / "a.png"
    source.write_bytes(png)
    assert not sign_file(source, "image/png", manifest, certificate, tmp_path).beside
    other = base64.b64encode(b"\x84\x6aSignature1 and another claim").decode()

    def lying(*args: Any, **more: Any) -> dict[str, Any]:
        return {**run_child(*args, **more), "structure": other}

    monkeypatch.setattr(sign, "run_child", lying)
    with pytest.raises(CredentialsError, match="could not be given") as caught:
        sign_file(source, "image/png", manifest, certificate, tmp_path)
    assert caught.value.code == "bad_reply"


def test_without_a_certificate_everything_works_and_nothing_is_signed(
    piece: Any, png: bytes, settings: Any, tmp_path: Path
) -> None:
    settings.CREDENTIALS_DIR = tmp_path
    version = piece(png, "a.png", "png", "image/png")
    rendition, path = made(version, "credentials")
    assert (rendition.has_credentials, rendition.manifest) == (False, None)
    assert read_credentials(path, "image/png", tmp_path).state == "absent"
    assert (sign_published_pictures(), PreviewCredential.objects.count()) == (0, 0)
    assert "c2pa" not in forms_of(piece(binary_stl(), "a.stl", "stl_binary", "model/stl"))


def test_a_certificate_is_read_from_variables_or_files_and_said_to_be_wrong(
    settings: Any, authority: Path, tmp_path: Path
) -> None:
    key, chain = (authority / "key.pem").read_text(), (authority / "chain.pem").read_text()
    settings.CREDENTIALS_DIR = tmp_path
    assert configured_certificate() is None
    settings.CREDENTIALS_KEY, settings.CREDENTIALS_CHAIN = key.replace("\n", "\\n"), chain.replace("\n", "\\n")
    found = configured_certificate()
    assert found is not None
    assert found.subject == "CN=Loomprint local operator,O=Loomprint\\, a local start"
    assert trust_anchors().count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE" not in repr(found) + trust_anchors()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=399)):
        with pytest.raises(CertificateError, match="ended on"):
            configured_certificate()
        assert signing_certificate() is None
    make_local_authority(tmp_path / "other")
    for wrong_key, wrong_chain, why in (
        (key, "", "not PEM"),
        ("nonsense", chain, "not PEM"),
        (key, (tmp_path / "other/chain.pem").read_text(), "not that of"),
    ):
        settings.CREDENTIALS_KEY, settings.CREDENTIALS_CHAIN = wrong_key, wrong_chain
        with pytest.raises(CertificateError, match=why):
            configured_certificate()


def test_a_local_start_makes_its_own_once_and_no_other_does(settings: Any, tmp_path: Path) -> None:
    settings.CREDENTIALS_DIR = tmp_path / "new"
    settings.LOOMPRINT_LOCAL = True
    call_command("local_credentials")
    key = tmp_path / "new/key.pem"
    assert key.stat().st_mode & 0o077 == 0
    before = key.read_bytes()
    call_command("local_credentials")
    assert key.read_bytes() == before
    settings.LOOMPRINT_LOCAL = False
    with pytest.raises(CommandError, match="for a local start"):
        call_command("local_credentials")


def test_the_key_signs_nothing_but_claims(certificate: Certificate) -> None:
    assert len(certificate.sign(b"\x84\x6aSignature1rest")) == 64
    for other in (b"", b"a certificate to be", b"\x84\x6aSignature1" + bytes(300_000)):
        with pytest.raises(ValueError, match="not what a claim"):
            certificate.sign(other)


def test_what_a_child_says_beyond_what_is_known_is_not_believed() -> None:
    known = {"state": "valid", "ingredients": [{"title": "a", "relationship": "parentOf", "entry": "0x" + "AB" * 16}]}
    assert found_in(known).ingredients[0].entry == "0x" + "ab" * 16
    assert found_in({"state": "valid", "entry": "'; drop"}).entry == ""
    for wrong in (
        {},
        {"state": "sure"},
        {"state": "valid", "title": "a\nb"},
        {"state": "valid", "title": "a" * 402},
        {"state": "valid", "title": 5},
        {"state": "valid", "actions": ["a"] * 33},
        {"state": "valid", "ingredients": [{}]},
        {"state": "valid", "ingredients": "abc"},
    ):
        with pytest.raises(ChildFailed, match="bad_reply"):
            found_in(wrong)


def test_a_file_that_is_no_picture_is_not_signed_and_hostile_manifests_are_invalid(
    piece: Any, png: bytes, certificate: Certificate, tmp_path: Path
) -> None:
    version = piece(png, "a.png", "png", "image/png")
    manifest = manifest_of(version, title="A", form="credentials")
    assert "created" in json.dumps(manifest)
    (tmp_path / "rubbish").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\xff" * 100)
    with pytest.raises(CredentialsError) as caught:
        sign_file(tmp_path / "rubbish", "image/png", manifest, certificate, tmp_path)
    assert (caught.value.code, caught.value.retryable) == ("unreadable", False)
    jumbf = b"\x00\x00\x00\x10caBX" + b"\xff" * 16 + b"\0\0\0\0"
    (tmp_path / "hostile").write_bytes(png[:33] + jumbf + png[33:])
    assert read_credentials(tmp_path / "hostile", "image/png", tmp_path).state in ("invalid", "absent")
