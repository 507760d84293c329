"""Files that are no good, through the real upload page and the real inspection child: what the creator reads."""

from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from designs.models import Asset, Contribution, Design, ProcessingStep
from designs.services.processing import process_version
from designs.storage import master_store, preview_store
from designs.tests.samples import (
    CUBE_CORNERS,
    CUBE_FACES,
    ascii_stl,
    binary_stl,
    glb_bytes,
    glb_document,
    image_bytes,
)
from marketplace.tests.pages import page, signed_in, text
from studio.tests.pages import TYPED, assert_still_typed, parts_of, read, upload

pytestmark = pytest.mark.django_db

SAYS = "The file's name ends in “{}”, but its content is {}. Rename it, or export it again."
CUT = "The file ends too early: a part of it is missing. Export or copy it again, then upload the whole file."
BARE = "The mesh has no triangles. Check that the object was selected when you exported it."
EMPTY = "The file is empty. Export it again and choose the new file."
DAMAGED = "The file cannot be read: it is damaged or not quite its format. Export it again and upload it."
TRIANGLES = "The mesh has more than 11 triangles. Simplify it and upload it again."
KINDS = (
    "This is not a kind of file we take. Upload an image as PNG, JPEG, WebP, AVIF or TIFF, or a mesh "
    "as GLB, glTF, STL, 3MF, STEP, OBJ, PLY or OFF; a model with files beside it as one ZIP."
)

DRAWING = (
    "An SVG is a program as much as a picture, so we do not open it. Export it as a PNG, at least 2000 pixels wide, "
    "and upload that; add the SVG as the source file."
)

PNG, STL, GLB = image_bytes(), binary_stl(), glb_bytes()
CUBE = CUBE_CORNERS[CUBE_FACES]


def glb(**changes: Any) -> bytes:
    document, binary = glb_document()
    return glb_bytes({**document, **changes}, binary)


AT_THE_DOOR = {
    "text called png": (b"a letter to my aunt, and no picture", "holiday.png", SAYS.format(".png", "something else")),
    "png called glb": (PNG, "lamp.glb", SAYS.format(".glb", "PNG")),
    "stl called glb": (STL, "lamp.glb", SAYS.format(".glb", "STL")),
    "glb called stl": (GLB, "lamp.stl", SAYS.format(".stl", "GLB")),
    "program called png": (b"MZ\x90\x00" * 40, "lamp.png.exe", KINDS),
    "drawing with a script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "lamp.svg", DRAWING),
    "png cut short": (PNG[:-40], "lamp.png", CUT),
    "stl cut short": (STL[:-7], "lamp.stl", CUT),
    "stl that promises 4 billion triangles": (STL[:80] + b"\xff" * 4 + STL[84:], "lamp.stl", CUT),
    "ascii stl cut short": (ascii_stl()[:-100], "lamp.stl", CUT),
    "glb cut short": (GLB[:-20], "lamp.glb", CUT),
    "empty png": (b"", "lamp.png", EMPTY),
    "empty stl": (b"", "lamp.stl", EMPTY),
    "empty glb": (b"", "lamp.glb", EMPTY),
    "stl without triangles": (binary_stl(np.zeros((0, 3, 3))), "lamp.stl", BARE),
    "ascii stl without facets": (b"solid lamp\nendsolid lamp\n", "lamp.stl", BARE),
    "glb without meshes": (glb(meshes=[], nodes=[{}]), "lamp.glb", BARE),
}
INSIDE = {
    "png with broken pixels": (PNG[:60] + bytes(20) + PNG[80:], "lamp.png", DAMAGED),
    "stl of slivers": (binary_stl(np.ones((5, 3, 3))), "lamp.stl", BARE),
    "ascii stl with a corner too few": (
        ascii_stl().replace(b"    vertex 0.000000e+00 0.000000e+00 0.000000e+00\n", b"", 1),
        "lamp.stl",
        CUT,
    ),
    "glb of one point": (glb_bytes(None, bytes(96) + glb_document()[1][96:]), "lamp.glb", BARE),
    "glb with indices outside": (
        glb_bytes(None, glb_document()[1][:96] + b"\xff\xff" + glb_document()[1][98:]),
        "lamp.glb",
        DAMAGED,
    ),
}


def assert_refused_at_the_door(answer: Any, sentence: str, *still: str) -> None:
    assert answer.status_code == 400
    assert sentence in read(answer)
    assert "What you entered is still here." in read(answer)
    assert_still_typed(answer, *(value for name, value in TYPED.items() if name != "disclosure"), *still)
    chosen = [field for field in answer.content.decode().split("<input") if " checked" in field]
    assert ['value="ai_assisted"' in field for field in chosen] == [True]
    assert not Design.objects.exists()
    assert not Asset.objects.exists()
    assert not ProcessingStep.objects.exists()


@pytest.mark.parametrize("case", AT_THE_DOOR)
def test_a_bad_file_is_refused_with_its_reason_and_the_form_stays_filled_in(
    creator: User, cocreator: User, case: str
) -> None:
    content, name, sentence = AT_THE_DOOR[case]
    people = parts_of((creator.email, "designer", "62.5"), (cocreator.email, "tweaker", "37.5"))

    answer = upload(creator, content, name, parts=people)

    assert_refused_at_the_door(answer, sentence, creator.email, cocreator.email, "62.5", "37.5")


@pytest.mark.parametrize(
    ("limit", "content", "name", "sentence"),
    [
        (
            {"ASSET_MAX_BYTES": len(STL) - 1},
            STL,
            "lamp.stl",
            f"The file has {len(STL)} bytes; the limit is {len(STL) - 1} bytes. Reduce it and upload it again.",
        ),
        (
            {"IMAGE_MAX_PIXELS": 1_000_000},
            image_bytes(size=(1001, 1000)),
            "lamp.png",
            "The image has more than 1 million pixels. Reduce its size and upload it again.",
        ),
        ({"MESH_MAX_TRIANGLES": 11}, STL, "lamp.stl", TRIANGLES),
    ],
    ids=["bytes", "pixels", "triangles"],
)
def test_a_file_over_a_limit_is_refused_with_the_limit(
    settings: Any, creator: User, limit: dict[str, int], content: bytes, name: str, sentence: str
) -> None:
    for setting, value in limit.items():
        setattr(settings, setting, value)

    assert_refused_at_the_door(upload(creator, content, name), sentence, creator.email, "100")


def test_a_file_at_its_limits_is_taken(settings: Any, creator: User) -> None:
    settings.ASSET_MAX_BYTES, settings.MESH_MAX_TRIANGLES = len(STL), 12

    design = arrived(upload(creator, STL, "lamp.stl"))

    assert design.versions.get().master.size == len(STL)


def test_a_source_file_over_its_limit_is_refused_before_anything_is_stored(settings: Any, creator: User) -> None:
    settings.ATTACHMENT_MAX_BYTES = 10

    answer = upload(creator, PNG, "lamp.png", source=SimpleUploadedFile("lamp.py", b"x" * 11))

    assert_refused_at_the_door(
        answer, "The file has 11 bytes; the limit is 10 bytes. Pack it, or leave out what nobody needs.", creator.email
    )
    assert list(master_store().names()) == []


def arrived(answer: Any) -> Design:
    assert answer.status_code == 302, read(answer)
    design = Design.objects.get()
    assert answer["Location"] == reverse("studio:design", args=[design.public_id])
    return design


def assert_stopped(design: Design, creator: User, sentence: str) -> None:
    """The draft page names the reason, and all that was typed and sent is kept."""
    seen = text(page(creator, reverse("studio:design", args=[design.public_id]))).replace("&#x27;", "'")
    assert "Stopped at: " in seen
    assert sentence in seen
    assert "Nothing that you entered is lost." in seen
    assert "Replace the file" in seen
    version = design.versions.get()
    design.refresh_from_db()
    assert (design.title, design.description, design.tags) == ("Kept title", "Kept description", ["kept", "tags"])
    assert (version.model_name, version.prompt, version.parameters) == ("kept-model", "a kept prompt", {"kept": 1.5})
    assert Contribution.objects.get(design=design).units == 1_000_000
    master_store().verify(version.master.sha256)
    assert list(preview_store().names()) == []


@pytest.mark.parametrize("case", INSIDE)
def test_a_file_that_is_broken_inside_stops_with_its_reason_on_the_draft_page(creator: User, case: str) -> None:
    content, name, sentence = INSIDE[case]
    design = arrived(upload(creator, content, name))

    process_version(version_id=design.versions.get().pk)

    assert_stopped(design, creator, sentence)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (ascii_stl(np.concatenate([CUBE, CUBE + 100])), "lamp.stl"),
        (glb(nodes=[{"mesh": 0}] * 2, scenes=[{"nodes": [0, 1]}]), "lamp.glb"),
    ],
    ids=["ascii stl", "glb that places its mesh twice"],
)
def test_more_triangles_than_the_limit_are_counted_inside_too(
    settings: Any, creator: User, content: bytes, name: str
) -> None:
    settings.MESH_MAX_TRIANGLES = 23
    design = arrived(upload(creator, content, name))

    process_version(version_id=design.versions.get().pk)

    assert_stopped(design, creator, TRIANGLES.replace("11", "23"))


def replace(user: User, design: Design, content: bytes, name: str) -> Any:
    address = reverse("studio:replace", args=[design.public_id])
    return signed_in(user).post(address, {"master": SimpleUploadedFile(name, content)})


def test_a_stopped_draft_goes_on_with_another_file_and_keeps_the_rest(creator: User) -> None:
    content, name, _sentence = INSIDE["stl of slivers"]
    design = arrived(upload(creator, content, name))
    process_version(version_id=design.versions.get().pk)

    answer = replace(creator, design, PNG, "better.png")
    process_version(version_id=design.versions.get().pk)

    assert answer.status_code == 302
    seen = page(creator, reverse("studio:design", args=[design.public_id]))
    assert "Stopped at" not in seen
    assert "One thing is missing: a price" in seen
    design.refresh_from_db()
    assert (design.kind, design.title, design.state) == ("image", "Kept title", "draft")
    assert design.versions.get().prompt == "a kept prompt"


@pytest.mark.parametrize("case", ["text called png", "stl cut short", "empty glb", "glb without meshes"])
def test_a_bad_replacement_leaves_the_draft_as_it_is(creator: User, case: str) -> None:
    design = arrived(upload(creator, PNG, "lamp.png"))
    process_version(version_id=design.versions.get().pk)
    before = _rows_of(design)
    content, name, sentence = AT_THE_DOOR[case]

    answer = replace(creator, design, content, name)

    assert sentence in read(answer)
    assert _rows_of(design) == before


def _rows_of(design: Design) -> list[Any]:
    version = design.versions.get()
    return [
        list(Design.objects.values_list("pk", "state", "kind", "title")),
        (version.master.sha256, version.file_name, version.facts),
        list(version.steps.values_list("name", "state", "percent")),
        sorted(version.previews.values_list("pk", "sha256")),
    ]


def test_the_same_file_may_be_tried_again(creator: User) -> None:
    content, name, sentence = INSIDE["stl of slivers"]
    design = arrived(upload(creator, content, name))
    process_version(version_id=design.versions.get().pk)

    signed_in(creator).post(reverse("studio:retry", args=[design.public_id]))
    assert "The file is being checked" in page(creator, reverse("studio:design", args=[design.public_id]))
    process_version(version_id=design.versions.get().pk)

    assert_stopped(design, creator, sentence)


def test_uploads_beyond_the_hourly_number_are_refused_and_say_when(settings: Any, creator: User) -> None:
    settings.UPLOADS_PER_HOUR = 1
    cache.clear()
    arrived(upload(creator, PNG, "lamp.png"))

    answer = upload(creator, PNG, "second.png", title="Kept second title")

    assert "That was too often. Wait 60 minutes and try again." in read(answer)
    assert_still_typed(answer, "Kept second title")
    assert Design.objects.count() == 1


def test_replacements_count_as_uploads(settings: Any, creator: User) -> None:
    settings.UPLOADS_PER_HOUR = 1
    cache.clear()
    design = arrived(upload(creator, PNG, "lamp.png"))
    process_version(version_id=design.versions.get().pk)
    before = _rows_of(design)

    answer = replace(creator, design, PNG, "better.png")

    assert "That was too often. Wait 60 minutes and try again." in read(answer)
    assert _rows_of(design) == before
