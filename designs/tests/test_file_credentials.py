"""What Content Credentials an upload brings: told as what they are, and works that they name are offered as parents."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from designs.credentials import Certificate, configured_certificate, read_credentials, sign_file
from designs.credentials.local_authority import make_local_authority
from designs.credentials_teller import tell
from designs.file_credentials import credentials_of
from designs.models import Design, FileCredentials, ProcessingStep
from designs.services import file_credentials as service
from designs.services.processing import process_version
from designs.services.received import asset_of
from designs.services.renditions import request_rendition, run_rendition
from designs.storage import master_store
from designs.tests.samples import binary_stl, glb_bytes, image_bytes
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from marketplace.tests.support import draft_of
from moderation.services import judge
from studio.models import StandingTerms
from studio.tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MANIFEST = {
    "claim_generator_info": [{"name": "Another Studio", "version": "7"}],
    "title": "Copper Vase",
    "ingredients": [],
    "parent": "urn:loomprint:file:" + "ab" * 32,
    "entry": {"label": "example.note", "data": {}},
    "created": [{"action": "c2pa.created", "digitalSourceType": IPTC + "trainedAlgorithmicMedia"}],
    "opened": [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": ["master"]}},
        {"action": "c2pa.edited"},
    ],
}


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Ours and somebody else's."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("ours", "theirs")}
    for folder in folders.values():
        make_local_authority(folder)
    return folders


@pytest.fixture
def theirs(settings: Any, authorities: dict[str, Path]) -> Certificate:
    settings.CREDENTIALS_DIR = authorities["theirs"]
    found = configured_certificate()
    assert found is not None
    settings.CREDENTIALS_DIR = authorities["ours"]
    settings.OPERATOR_KEY = "0x" + "07" * 32
    cache.clear()
    return found


def signed(content: bytes, certificate: Certificate, folder: Path, *, master: Path | None = None) -> bytes:
    source = folder / "source"
    source.write_bytes(content)
    made = sign_file(source, "image/png", MANIFEST, certificate, folder, master=master, master_type="image/png")
    return made.path.read_bytes()


def uploaded(owner: User, content: bytes) -> Design:
    """A draft as the worker leaves it after its inspection."""
    design = draft_of(owner, content)
    version = design.versions.get()
    ProcessingStep.objects.filter(version=version, name="inspect").update(state="waiting")
    process_version(version_id=version.pk)
    return design


def found_in(design: Design) -> Any:
    shown = credentials_of(design.versions.select_related("design").get())
    assert shown is not None
    return shown


def test_an_upload_is_told_as_valid_trusted_invalid_or_absent(
    creator: User, stranger: User, png: bytes, theirs: Certificate, tmp_path: Path, settings: Any, authorities: dict
) -> None:
    content, png_of_another_size = signed(png, theirs, tmp_path), image_bytes(size=(80, 60))
    design = uploaded(creator, content)
    shown = found_in(design)
    assert (shown.state, shown.found.generator, shown.found.title) == ("valid", "Another Studio 7", "Copper Vase")
    assert (shown.found.sources, shown.found.signed_by) == (["trainedAlgorithmicMedia"], "Loomprint, a local start")
    page = read(signed_in(creator).get(reverse("studio:design", args=[design.public_id])))
    assert (
        "Content Credentials: valid; the file is as Loomprint, a local start signed it, whom no known authority" in page
    )
    assert "Copper Vase" in page
    assert "This file names a work" not in page

    (tmp_path / "root.pem").write_text((authorities["theirs"] / "chain.pem").read_text())
    settings.CREDENTIALS_ANCHORS = str(tmp_path / "root.pem")
    told = tell(_file(tmp_path, content), None)
    assert (told["state"], told["signed_by"]) == ("trusted", "Loomprint, a local start")
    assert told["sentence"].startswith("Content Credentials: trusted; the file is as Loomprint, a local start signed")
    settings.CREDENTIALS_ANCHORS = ""
    assert tell(_file(tmp_path, content), None)["state"] == "valid"
    assert tell(_file(tmp_path, png), None)["sentence"] == "Content Credentials: absent."
    told = tell(_file(tmp_path, b"no image"), None)
    assert (told["state"], told["sentence"][:34]) == ("not_checked", "Content Credentials: not checked. ")

    place = content.index(b"IDAT") + 6
    changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    assert tell(_file(tmp_path, changed), None)["sentence"].startswith("Content Credentials: invalid; ")
    # Credentials that were put into another picture.
    place = content.index(b"caBX") - 4
    chunk = content[place : place + 12 + int.from_bytes(content[place : place + 4], "big")]
    other = uploaded(stranger, png_of_another_size[:33] + chunk + png_of_another_size[33:])
    assert found_in(other).state == "invalid"
    page = read(signed_in(stranger).get(reverse("studio:design", args=[other.public_id])))
    assert "Content Credentials: invalid; the file is not as it was signed" in page
    assert "Copper" not in page.partition("Content Credentials: invalid")[2]


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "told"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("form", "media_type"), [("AVIF", "image/avif"), ("TIFF", "image/tiff")])
def test_whatever_image_an_upload_is_asked_for_its_credentials_the_command_asks_too(
    theirs: Certificate, tmp_path: Path, form: str, media_type: str
) -> None:
    source = tmp_path / "source"
    source.write_bytes(image_bytes(form))
    made = sign_file(source, media_type, MANIFEST, theirs, tmp_path, beside=False)
    told = tell(made.path, None)
    assert (told["state"], told["title"]) == ("valid", "Copper Vase")
    assert tell(source, None)["state"] == "absent"


@pytest.mark.parametrize(("content", "media_type"), [(binary_stl(), "model/stl"), (glb_bytes(), "model/gltf-binary")])
def test_credentials_beside_a_file_are_checked_by_command(
    theirs: Certificate, tmp_path: Path, content: bytes, media_type: str
) -> None:
    source = _file(tmp_path, content)
    beside = sign_file(source, media_type, MANIFEST, theirs, tmp_path).path
    told = tell(source, beside)
    assert (told["state"], told["title"]) == ("valid", "Copper Vase")
    assert tell(_file(tmp_path, content + b"more"), beside)["state"] == "invalid"


def test_a_file_without_any_needs_no_child_and_a_reader_that_fails_refuses_nobody(
    creator: User, png: bytes, theirs: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any) -> Any:
        raise service.ChildFailed("crashed")

    monkeypatch.setattr(service, "read_credentials", fails)
    design = uploaded(creator, png)
    assert found_in(design).state == "absent"
    page = read(signed_in(creator).get(reverse("studio:design", args=[design.public_id])))
    assert "Content Credentials: absent." in page
    other = uploaded(creator, signed(image_bytes(), theirs, tmp_path))
    shown = found_in(other)
    assert (shown.state, shown.found.failures) == ("invalid", ["not read: crashed"])
    assert ProcessingStep.objects.get(version__design=other, name="inspect").state == "done"


def test_a_work_here_that_a_file_was_made_from_is_offered_as_its_parent(
    creator: User, stranger: User, png: bytes, theirs: Certificate, tmp_path: Path
) -> None:
    rows.chain_read_to(100)
    parent = rows.draft(creator, "Gyroid Lantern")
    blob = master_store().put(io.BytesIO(png), max_bytes=len(png))
    parent.versions.update(facts={"format": "png"}, master=asset_of(blob, media_type="image/png"))
    rows.anchor(parent, block=20)
    version = parent.versions.select_related("design", "master").get()
    rendition = request_rendition(version=version, form="credentials")
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert rendition.asset is not None
    bought = master_store().path(rendition.asset.sha256)

    design = uploaded(stranger, signed(image_bytes(size=(80, 60)), theirs, tmp_path, master=bought))
    shown = found_in(design)
    assert [one.entry for one in shown.found.ingredients] == [parent.entry_id]
    assert shown.known == [parent]
    visitor = signed_in(stranger)
    page = read(visitor.get(reverse("studio:design", args=[design.public_id])))
    assert "It names “Gyroid Lantern” as an ingredient." in page
    parents = reverse("studio:parents", args=[design.public_id])
    # Its creator permits no derived works so far.
    assert "Named by your file" not in read(visitor.get(parents))
    StandingTerms.objects.create(
        event=rows._event("DesignRegistry", "DerivativeTermsSet", 30),
        chain_id=parent.chain_id,
        entry_id=parent.entry_id,
        open=True,
        binding=False,
        ppm=100_000,
    )
    offered = read(visitor.get(parents))
    assert "Named by your file" in offered
    assert "Gyroid Lantern" in offered.partition("Named by your file")[2].partition("Find a work")[0]
    visitor.post(parents, {"add": str(parent.public_id)})
    assert list(design.parent_drafts.values_list("entry_id", flat=True)) == [parent.entry_id]
    assert "Named by your file" not in read(visitor.get(parents))


def test_the_state_stands_on_the_page_of_the_design_and_in_the_answer_about_its_file(
    creator: User, png: bytes, theirs: Certificate
) -> None:
    rows.chain_read_to(100)
    design = rows.draft(creator, "Copper Vase")
    rows.anchor(design, block=20)
    version = design.versions.get()
    FileCredentials.objects.create(
        version=version,
        state="valid",
        said={"signed_by": "Another <Studio>", "generator": "Another Studio 7", "actions": ["c2pa.created"]},
    )
    for address in (design.get_absolute_url(), reverse("verify:verdict", args=[version.master.sha256])):
        html = Client().get(address).content.decode()
        assert 'data-credentials="valid"' in html
        assert "Another &lt;Studio&gt;" in html
    FileCredentials.objects.update(state="invalid")
    said = read(Client().get(design.get_absolute_url()))
    assert "Content Credentials: invalid; " in said
    assert "Another Studio 7" not in said
    # What was stored in a shape that is not ours is not shown.
    FileCredentials.objects.update(said={"title": 5})
    assert "Content Credentials:" not in read(Client().get(design.get_absolute_url()))


@pytest.mark.parametrize(
    ("disclosure", "harmed", "asked"),
    [("not_ai", False, True), ("ai_assisted", False, False), ("not_ai", True, False)],
    ids=["contradicts", "agrees", "changed since it was signed"],
)
def test_what_was_signed_of_ai_is_held_against_the_disclosure_and_stops_nothing(
    creator: User, png: bytes, theirs: Certificate, tmp_path: Path, disclosure: str, harmed: bool, asked: bool
) -> None:
    content = signed(png, theirs, tmp_path)
    if harmed:
        place = content.index(b"IDAT") + 6
        content = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    design = draft_of(creator, png + b"\x00", disclosure=disclosure)
    version = design.versions.get()
    service.keep_credentials(version=version, found=tell_of(tmp_path, content))

    page = read(signed_in(creator).get(reverse("studio:design", args=[design.public_id])))
    assert ("The file says that an AI model had a part in it" in page) is asked
    assert ("Content Credentials with the source type “trainedAlgorithmicMedia”. You say" in page) is asked
    design.refresh_from_db()
    assert design.state == Design.State.DRAFT
    review = judge(version=version, digest="0x" + "ab" * 32)
    assert review.rule == ("file_contradicts" if asked else "nothing_to_ask")


def tell_of(folder: Path, content: bytes) -> Any:
    return read_credentials(_file(folder, content), "image/png", folder)
