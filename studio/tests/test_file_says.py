"""What a file says of its making fills the silent fields of its draft, marked, until its creator answers."""

import io
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from designs.models import Design, DesignVersion
from designs.selectors import own_design
from designs.services.making import fill_silent
from designs.services.processing import process_version
from designs.services.received import ReceivedFile
from designs.services.upload import MadeWith, Part, create_draft
from designs.storage import master_store
from designs.tests import making_samples as made
from designs.untrusted.making import read
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import draft_of
from moderation.services import judge
from studio.services import drafts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

SAYING = made.png_saying(parameters=made.A1111)
PROMPT = "a brass lantern,\ngyroid panels\nNegative prompt: blurry"
EVERYTHING = ["model_name", "prompt", "seed", "parameters", "tools"]


def uploaded(owner: User, content: bytes = SAYING, *, disclosure: str = "ai_generated", **stated: Any) -> Design:
    """A draft whose file was read here, not in a child: that costs a second, and is shown once below."""
    design = draft_of(owner, content, disclosure=disclosure, **stated)
    version = version_of(design)
    path = str(master_store().path(version.master.sha256))
    said = read({"input": path, "format": "png", "max_pixels": 10**6}, lambda what, part: None)
    with transaction.atomic():
        fill_silent(version_id=version.pk, said=said)
    return own_design(owner=owner, public_id=design.public_id)


def version_of(design: Design) -> DesignVersion:
    return design.versions.get()


def answer(design: Design, wish: str, *names: str, actor: User | None = None) -> int:
    address = reverse("studio:from_file", args=[design.public_id])
    return signed_in(actor or design.owner).post(address, {"wish": wish, "name": names}).status_code


def test_silent_fields_are_filled_and_marked_and_stated_ones_stay(creator: User) -> None:
    design = create_draft(
        owner=creator,
        title="Lantern",
        description="",
        tags=[],
        disclosure="ai_generated",
        made_with=MadeWith(seed="my own", model_name="mine"),
        master=ReceivedFile(io.BytesIO(SAYING), "lantern.png"),
        parts=[Part(creator, "designer", 1_000_000)],
    )
    process_version(version_id=version_of(design).pk)
    version = version_of(design)
    assert (version.model_name, version.seed, version.prompt) == ("mine", "my own", PROMPT)
    assert version.parameters["Steps"] == 24
    assert version.tools == ["AUTOMATIC1111 v1.9.4"]
    assert version.read_from_file == ["prompt", "parameters", "tools"]
    assert version.file_says["fields"]["seed"] == "18446744073709551615"


def test_the_details_page_tells_both_sides_and_everyone_else_sees_no_prompt(creator: User, stranger: User) -> None:
    design = uploaded(creator, seed="my own")
    address = reverse("studio:details", args=[design.public_id])
    shown = text(page(creator, address))
    assert "Written into it by AUTOMATIC1111." in shown
    assert shown.count("Read from the file") == 4
    assert "18446744073709551615" in shown
    assert "something else" in shown
    assert signed_in(stranger).get(address).status_code == 404
    overview = page(creator, reverse("studio:design", args=[design.public_id]))
    assert "Model or program, Prompt, Parameters, Tools." in text(overview)
    assert "gyroid panels" not in overview


def test_each_field_can_be_kept_dropped_and_taken_again(creator: User) -> None:
    design = uploaded(creator)
    assert version_of(design).read_from_file == EVERYTHING
    assert answer(design, "drop", "prompt") == 302
    version = version_of(design)
    assert (version.prompt, version.read_from_file) == ("", ["model_name", "seed", "parameters", "tools"])
    answer(design, "keep", "seed")
    version = version_of(design)
    assert (version.seed, version.read_from_file) == ("18446744073709551615", ["model_name", "parameters", "tools"])
    answer(design, "take", "prompt")
    version = version_of(design)
    assert (version.prompt, version.read_from_file) == (PROMPT, ["model_name", "prompt", "parameters", "tools"])
    answer(design, "drop")
    version = version_of(design)
    assert (version.model_name, version.prompt, version.parameters, version.tools) == ("", "", {}, [])
    assert (version.seed, version.read_from_file) == ("18446744073709551615", [])


def test_only_its_creator_answers_and_only_with_what_the_file_says(creator: User, stranger: User) -> None:
    design = uploaded(creator)
    before = vars(version_of(design)).copy()
    assert answer(design, "drop", actor=stranger) == 404
    assert answer(design, "other") == 404
    answer(design, "take", "file_says", "facts", "model_version")
    after = vars(version_of(design)).copy()
    before.pop("_state"), after.pop("_state")
    assert after == before


def test_saving_the_details_makes_what_stands_there_the_creators_own(creator: User) -> None:
    design = uploaded(creator)
    version = version_of(design)
    drafts.change_details(
        actor=creator,
        design=design,
        title="Lantern",
        description="",
        tags=[],
        disclosure="ai_generated",
        made_with=MadeWith(model_name=version.model_name, prompt="another"),
    )
    version = version_of(design)
    assert (version.model_name, version.prompt, version.seed, version.read_from_file) == (
        "lantern_v3",
        "another",
        "",
        [],
    )


def test_another_file_takes_its_unconfirmed_words_along(creator: User, png: bytes) -> None:
    design = uploaded(creator)
    answer(design, "keep", "seed")
    drafts.replace_master(actor=creator, design=design, master=ReceivedFile(io.BytesIO(png), "b.png"))
    process_version(version_id=version_of(design).pk)
    version = version_of(design)
    assert (version.model_name, version.prompt, version.parameters, version.tools) == ("", "", {}, [])
    assert (version.seed, version.read_from_file) == ("18446744073709551615", [])
    assert version.file_says["generator"] == ""


@pytest.mark.parametrize(
    ("content", "disclosure", "title", "reason"),
    [
        (
            SAYING,
            "not_ai",
            "The file says that an AI model had a part in it",
            "It is said to be “Not made by an AI model”, but in the file stands: settings of AUTOMATIC1111. "
            "A moderator looks at it first.",
        ),
        (
            made.png_with(made.text_chunk("XML:com.adobe.xmp", made.xmp("digitalCapture"), how="iTXt")),
            "ai_generated",
            "The file says that no AI model had a part in it",
            "It is said to be “Made by an AI model”, but in the file stands: IPTC digital source type "
            "“digitalCapture”. A moderator looks at it first.",
        ),
    ],
    ids=["says_ai", "says_no_ai"],
)
def test_a_file_that_contradicts_its_creator_is_told_to_both(
    creator: User, content: bytes, disclosure: str, title: str, reason: str
) -> None:
    design = uploaded(creator, content, disclosure=disclosure)
    for name in ("design", "details"):
        assert title in text(page(creator, reverse(f"studio:{name}", args=[design.public_id])))
    review = judge(version=version_of(design), digest="0x" + "ab" * 32)
    assert (review.state, review.rule, review.reason) == ("pending", "file_contradicts", reason)


def test_a_file_that_agrees_asks_nobody(creator: User) -> None:
    design = uploaded(creator, disclosure="ai_assisted")
    assert "had a part in it" not in text(page(creator, reverse("studio:design", args=[design.public_id])))
    assert judge(version=version_of(design), digest="0x" + "ab" * 32).state == "approved"
