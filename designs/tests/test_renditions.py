"""Other forms of a master: what is in them, what is signed about them, and what happens when making them goes wrong."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone
from PIL import Image

from accounts.models import User
from common.testing import at_once
from contracts.chains import chain
from contracts.signers import operator_signer
from contracts.verifier.statement import Statement, content_of, statements_in
from designs.errors import DesignError
from designs.models import Asset, Design, DesignVersion, Rendition
from designs.renditions import MadeRendition, RenditionError, forms_of
from designs.services import renditions as service
from designs.services.received import asset_of
from designs.services.renditions import request_rendition, run_rendition, sweep_renditions
from designs.storage import StoredBlob, master_store, scratch_folder
from designs.tests.archives import threemf
from designs.tests.claims_in_between import ClaimInBetween
from designs.tests.samples import binary_stl, glb_bytes, glb_document, image_bytes
from designs.untrusted.conversion import convert
from designs.untrusted.embedding import embed
from designs.untrusted.meshes import read_model
from designs.untrusted.refusal import Refusal
from marketplace.tests import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

KEY = "0x" + "07" * 32
Make = Callable[..., Design]


@pytest.fixture(autouse=True)
def operator(settings: Any) -> str:
    settings.OPERATOR_KEY = KEY
    return operator_signer(chain()).address


@pytest.fixture
def anchored(creator: User) -> Make:
    """An anchored design of this file, whose facts say its format."""

    def make(content: bytes, name: str, form: str, **facts: Any) -> Design:
        rows.chain_read_to(100)
        kind = Design.Kind.IMAGE if form in ("png", "jpeg", "webp", "tiff") else Design.Kind.MESH
        design = rows.draft(creator, f"Piece {name}", kind=kind)
        blob = master_store().put(io.BytesIO(content), max_bytes=len(content))
        design.versions.update(file_name=name, facts={"format": form, **facts})
        with transaction.atomic():
            design.versions.update(master=asset_of(blob, media_type=f"image/{form}"))
        rows.anchor(design, block=20)
        return design

    return make


def version_of(design: Design) -> DesignVersion:
    return design.versions.select_related("design", "master").get()


def made(design: Design, form: str) -> tuple[Rendition, Path]:
    rendition = request_rendition(version=version_of(design), form=form)
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert rendition.state == "done", (rendition.error_code, rendition.message)
    assert rendition.asset is not None
    return rendition, master_store().path(rendition.asset.sha256)


def test_an_image_is_delivered_with_its_proof_inside_and_its_pixels_as_they_were(
    anchored: Make, png: bytes, operator: str
) -> None:
    design = anchored(png, "Vase.PNG", "png")
    rendition, path = made(design, "credentials")

    assert (rendition.file_name, rendition.asset.media_type) == ("Vase-credentials.png", "image/png")
    with Image.open(io.BytesIO(png)) as before, Image.open(path) as after:
        assert before.tobytes() == after.tobytes()
        assert rendition.embedded in after.info["xmp"].decode()
    [(stated, whole)] = statements_in(str(path))
    assert whole
    assert stated.text == rendition.embedded
    version = version_of(design)
    beside = rendition.beside
    for one in (stated, beside):
        assert one.signer() == operator.lower() == rendition.signer.lower()
        assert (one.chain_id, one.registry) == (chain().chain_id, rows.REGISTRY.lower())
        assert (one.entry_id, one.master, one.form) == (design.entry_id, version.master.sha256, "credentials")
    assert (beside.scheme, beside.content) == ("file", rendition.asset.sha256)
    assert rendition.asset.sha256 != version.master.sha256


def test_a_mesh_is_converted_upright_and_in_the_units_of_the_format(anchored: Make) -> None:
    """A cube of 1 m and y up, as GLB has it."""
    design = anchored(glb_bytes(), "box.glb", "glb", units="m")
    assert forms_of(version_of(design)) == ["credentials", "stl", "3mf"]

    stl, path = made(design, "stl")
    data = path.read_bytes()
    assert struct.unpack("<I", data[80:84]) == (12,)
    corners = [struct.unpack("<3f", data[84 + 50 * n + 12 * c :][:12]) for n in range(12) for c in range(1, 4)]
    assert {tuple(round(value) for value in corner) for corner in corners} == {
        (x, y, z) for x in (0, 1000) for y in (0, -1000) for z in (0, 1000)
    }
    assert (stl.embedded, stl.beside.content) == ("", stl.asset.sha256)
    assert statements_in(str(path)) == []


OBJ = (
    b"v 0 0 0\nv 10 0 0\nv 10 20 0\nv 0 20 0\nv 0 0 30\nv 10 0 30\nv 10 20 30\nv 0 20 30\n"
    b"f 1 4 3 2\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n"
)


@pytest.mark.parametrize(
    ("content", "name", "form", "stated", "extent"),
    [
        (OBJ, "box.obj", "obj", {}, (10, 30, 20)),
        (OBJ, "box.obj", "obj", {"stated_up": "z"}, (10, 20, 30)),
        (OBJ, "box.obj", "obj", {"stated_up": "z", "stated_units": "cm"}, (100, 200, 300)),
        (binary_stl(), "box.stl", "stl_binary", {"stated_up": "y"}, (10, 30, 20)),
    ],
)
def test_a_mesh_stands_and_measures_as_its_creator_says(
    anchored: Make, content: bytes, name: str, form: str, stated: dict[str, str], extent: tuple[int, int, int]
) -> None:
    """A box of 10 × 20 × 30 in formats that say neither what is up nor what a unit is."""
    design = anchored(content, name, form, units=stated.get("stated_units", "unknown"))
    design.versions.update(**stated)
    wide, deep, high = extent
    in_their_axes = {"stl": extent, "3mf": extent, "glb": (wide / 1000, high / 1000, deep / 1000)}
    for wanted in forms_of(version_of(design)):
        path = made(design, wanted)[1]
        read_as = "stl_binary" if wanted == "stl" else str(wanted)
        model = read_model({"input": str(path), "format": read_as, "max_triangles": 100, "max_pixels": 100})
        corners = np.concatenate([part.positions for part in model.parts])
        assert np.ptp(corners, axis=0) == pytest.approx(in_their_axes[wanted]), wanted


def converted(tmp_path: Path, form: str) -> bytes:
    """A cube of 10 × 20 × 30 in an STL, which says nothing of units and up."""
    (tmp_path / "in").write_bytes(binary_stl())
    request = {"input": str(tmp_path / "in"), "format": "stl_binary", "form": form}
    convert({**request, "max_triangles": 100, "max_pixels": 100}, str(tmp_path / "out"), lambda what, part: None)
    return (tmp_path / "out").read_bytes()


def test_a_mesh_without_units_is_taken_as_millimeters(tmp_path: Path) -> None:
    data = converted(tmp_path, "glb")
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert [one["max"] for one in document["accessors"] if "max" in one] == [pytest.approx([0.01, 0.02, 0.03])]
    with zipfile.ZipFile(io.BytesIO(converted(tmp_path, "3mf"))) as archive:
        model = archive.read("3D/3dmodel.model").decode()
    assert 'unit="millimeter"' in model
    assert '<vertex x="10" y="20" z="30"/>' in model
    assert model.count("<triangle ") == 12


def test_a_3mf_keeps_an_earlier_proof_beside_its_own(anchored: Make) -> None:
    first, path = made(anchored(threemf(), "box.3mf", "3mf", units="mm"), "credentials")
    with zipfile.ZipFile(path) as archive:
        model = archive.read("3D/3dmodel.model").decode()
    assert f'<metadata name="loomprint:rendition">{first.embedded}</metadata><resources>' in model
    again, path = made(anchored(path.read_bytes(), "again.3mf", "3mf", units="mm"), "credentials")
    assert {(one.text, whole) for one, whole in statements_in(str(path))} == {
        (first.embedded, False),
        (again.embedded, True),
    }


def test_a_glb_holds_its_proof_in_the_extras_of_its_asset(anchored: Make) -> None:
    rendition, path = made(anchored(glb_bytes(), "box.glb", "glb", units="m"), "credentials")
    data = path.read_bytes()
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert document["asset"]["extras"] == {"loomprint_rendition": rendition.embedded}
    assert [(one.text, whole) for one, whole in statements_in(str(path))] == [(rendition.embedded, True)]
    assert data[-len(glb_document()[1]) :] == glb_document()[1]


def test_an_image_is_made_smaller_and_keeps_what_shows_through(anchored: Make) -> None:
    design = anchored(image_bytes(size=(3000, 60)), "wide.png", "png")
    rendition, path = made(design, "resized")
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (2048, 41))
    assert rendition.file_name == "wide-2048.jpg"
    assert [whole for _one, whole in statements_in(str(path))] == [True]


def test_forms_are_those_that_the_master_can_be_had_in(anchored: Make, png: bytes) -> None:
    cases = {
        "png": ["credentials", "resized"],
        "tiff": ["resized"],
        "ply": ["glb", "stl", "3mf"],
        "step": ["credentials", "glb", "stl", "3mf"],
        "": [],
    }
    for form, forms in cases.items():
        assert forms_of(version_of(anchored(png + form.encode(), f"a{form}.png", form))) == (
            forms if form != "" else []
        ), form
    design = Design.objects.get(title="Piece apng.png")
    for wrong in ("glb", "", "nonsense"):
        with pytest.raises(DesignError, match="cannot be had in that form"):
            request_rendition(version=version_of(design), form=wrong)
    Design.objects.update(entry_id=None)
    with pytest.raises(DesignError, match="not on the chain yet"):
        request_rendition(version=version_of(design), form="resized")
    assert not Rendition.objects.exists()


def test_whoever_asks_again_gets_the_same_one_until_its_file_is_lost(anchored: Make, png: bytes) -> None:
    design = anchored(png, "a.png", "png")
    rendition, path = made(design, "credentials")
    assert request_rendition(version=version_of(design), form="credentials").pk == rendition.pk
    run_rendition(rendition_id=rendition.pk)  # a second message about it
    path.unlink()
    another = request_rendition(version=version_of(design), form="credentials")
    assert another.pk != rendition.pk
    rendition.refresh_from_db()
    assert (rendition.state, rendition.superseded_at is None) == ("done", False)


def test_a_master_that_cannot_be_read_fails_with_its_reason_and_may_be_tried_again(anchored: Make, png: bytes) -> None:
    design = anchored(png[:-30], "a.png", "png")
    rendition = request_rendition(version=version_of(design), form="resized")
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert (rendition.state, rendition.error_code, rendition.asset) == ("failed", "truncated", None)
    assert rendition.message.startswith("The file ends too early")
    again = request_rendition(version=version_of(design), form="resized")
    assert (again.pk, again.state, again.attempts) == (rendition.pk, "waiting", 0)


def test_without_a_key_it_waits_three_times_and_then_says_that_it_cannot_be_signed(
    anchored: Make, png: bytes, settings: Any
) -> None:
    settings.OPERATOR_KEY = ""
    rendition = request_rendition(version=version_of(anchored(png, "a.png", "png")), form="credentials")
    for state in ("waiting", "waiting", "failed"):
        run_rendition(rendition_id=rendition.pk)
        rendition.refresh_from_db()
        assert rendition.state == state
    assert rendition.message == "It cannot be signed at the moment. Try again later."


def test_a_lost_message_and_a_killed_worker_are_found_and_a_late_worker_changes_nothing(
    anchored: Make, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[int] = []
    monkeypatch.setattr(service, "_nudge", nudged.append)
    rendition = request_rendition(version=version_of(anchored(png, "a.png", "png")), form="credentials")
    assert sweep_renditions() == 1
    assert nudged == [rendition.pk, rendition.pk]
    late = Rendition.objects.select_related("version__master", "version__design").get(pk=rendition.pk)
    silent = timezone.now() - timedelta(minutes=1)
    Rendition.objects.update(state="running", attempts=1, beat_at=silent)
    late.attempts = 1
    left = scratch_folder() / f"rendition-{rendition.pk}-killed"
    left.mkdir()
    (left / "converted").write_bytes(png)
    assert sweep_renditions() == 1
    assert list(scratch_folder().iterdir()) == []
    run_rendition(rendition_id=rendition.pk)
    rendition.refresh_from_db()
    assert (rendition.state, rendition.attempts) == ("done", 2)
    service._failed(late, DesignError("late", "too late"))
    Rendition.objects.filter(pk=rendition.pk).update(state="running", attempts=3, beat_at=silent)
    assert sweep_renditions() == 0
    rendition.refresh_from_db()
    assert (rendition.state, rendition.error_code) == ("failed", "worker_lost")


@pytest.mark.django_db(transaction=True)
def test_a_killed_workers_folder_goes_before_another_one_makes_its_own(
    anchored: Make, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendition = request_rendition(version=version_of(anchored(png, "a.png", "png")), form="credentials")
    Rendition.objects.update(state="running", attempts=1, beat_at=timezone.now() - timedelta(minutes=1))
    other = ClaimInBetween()

    def make(_rendition: Rendition, folder: Path) -> None:
        other.work(folder)
        raise RenditionError("seen", "seen", retryable=False)

    monkeypatch.setattr(service, "_made", make)
    other.during(sweep_renditions, lambda: run_rendition(rendition_id=rendition.pk), service, monkeypatch)
    assert other.lost == [False]


@pytest.mark.django_db(transaction=True)
def test_two_renditions_of_the_same_files_are_both_kept(
    anchored: Make, png: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the one has beside it is the file of the other."""
    version = version_of(anchored(png, "a.png", "png"))
    mine = [request_rendition(version=version, form=form) for form in forms_of(version)[:2]]
    Rendition.objects.update(state="running", attempts=1)
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        path.write_bytes(path.name.encode())
    both_have_one = Barrier(2)
    one_asset = service.asset_of

    def asset_and_meet(blob: StoredBlob, *, media_type: str) -> Asset:
        found = one_asset(blob, media_type=media_type)
        with suppress(BrokenBarrierError):
            both_have_one.wait(timeout=2)
        return found

    monkeypatch.setattr(service, "asset_of", asset_and_meet)

    def keep(number: int) -> None:
        path, beside = paths[number], paths[1 - number]
        content = sha256(path.read_bytes()).hexdigest()
        whole = Statement("file", 31337, "0x" + "ab" * 20, "0x" + "12" * 16, "cd" * 32, "credentials", content)
        mine[number].refresh_from_db()
        service._keep(mine[number], MadeRendition(path, "image/png", None, whole, manifest=beside))

    at_once(keep, 2)
    assert list(Rendition.objects.values_list("state", flat=True)) == ["done", "done"]


@pytest.fixture
def about() -> Statement:
    return Statement("png", 31337, "0x" + "ab" * 20, "0x" + "12" * 16, "cd" * 32, "credentials")


def embedded(tmp_path: Path, data: bytes, about: Statement, scheme: str) -> bytes:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(data)
    one = Statement(scheme, about.chain_id, about.registry, about.entry_id, about.master, about.form)
    embed(str(source), str(target), scheme, one.text)
    assert len(content_of(str(target), one)) == 64
    return target.read_bytes()


def jpeg_with(*segments: bytes) -> bytes:
    plain = image_bytes("JPEG")
    marks = b"".join(bytes([0xFF, one[0]]) + struct.pack(">H", len(one) + 1) + one[1:] for one in segments)
    return plain[:2] + marks + plain[2:]


XMP = b"\xe1http://ns.adobe.com/xap/1.0/\0"
PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>%s</rdf:RDF></x:xmpmeta>'


def test_what_a_file_says_of_itself_already_stays_beside_the_statement(tmp_path: Path, about: Statement) -> None:
    told = PACKET % b"<rdf:Description>mine</rdf:Description>"
    out = embedded(tmp_path, jpeg_with(XMP + told, b"\xe1Exif\0\0abc", b"\xebJP\0\1stale"), about, "jpeg")
    assert out.count(b"http://ns.adobe.com/xap/1.0/\0") == 1
    assert b"mine</rdf:Description><rdf:Description" in out
    assert b"Exif\0\0abc" in out
    assert b"stale" not in out
    # A packet that fills its segment stays whole, and the statement stands in a comment.
    full = XMP + told.replace(b"mine", b"m" * 65_300)
    out = embedded(tmp_path, jpeg_with(full), about, "jpeg")
    assert full[1:] in out
    assert out.index(b"\xff\xfe") < out.index(b"loomprint-rendition:1:jpeg")
    Image.open(io.BytesIO(out)).load()
    # A second statement takes the first one's place.
    once = embedded(tmp_path, image_bytes("PNG"), about, "png")
    assert embedded(tmp_path, once, about, "png").count(b"loomprint-rendition:") == 1
    for mode, options in (("RGB", {}), ("RGB", {"lossless": True}), ("RGBA", {}), ("RGBA", {"lossless": True})):
        out = embedded(tmp_path, image_bytes("WEBP", mode=mode, size=(65, 31), **options), about, "webp")
        with Image.open(io.BytesIO(out)) as image:
            image.load()
            assert (image.size, b"loomprint-rendition:" in image.info["xmp"]) == ((65, 31), True), (mode, options)
    document, _binary = glb_document()
    document["asset"]["extras"] = {"author": "me"}
    out = embedded(tmp_path, glb_bytes(document), about, "glb")
    assert b'"extras":{"author":"me","loomprint_rendition":"' in out
    step = b"ISO-10303-21;\nHEADER;"
    assert embedded(tmp_path, step, about, "step").startswith(b"ISO-10303-21;\n/* loomprint-rendition:1:step:31337:")
    assert b'name="loomprint:rendition">' in zipfile.ZipFile(
        io.BytesIO(embedded(tmp_path, threemf(), about, "3mf"))
    ).read("3D/3dmodel.model")


def test_files_whose_parts_cannot_be_told_are_refused(tmp_path: Path, about: Statement) -> None:
    hostile = {
        "png": [
            b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR",
            b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0) + b"IEND\0\0\0\0",
        ],
        "jpeg": [b"\xff\xd8\xff\xe0\xff\xff", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x01xx", b"\xff\xd8\xff\xff\xff"],
        "webp": [b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8 \xff\xff\xff\xff", b"RIFF\0\0\0\0WEBPVP8 \x02\0\0\0ab"],
        "glb": [b"glTF", glb_bytes()[:60], b"glTF\2\0\0\0\x18\0\0\0\4\0\0\0JSON[1] "],
        "3mf": [b"PK\x03\x04", threemf(b"<model/>"), threemf(b"<model><![CDATA[")],
        "step": [b"HEADER;"],
    }
    for scheme, files in hostile.items():
        for data in files:
            with pytest.raises((Refusal, IndexError)):
                embedded(tmp_path, data, about, scheme)
