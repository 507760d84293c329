"""An invitee who declines: what both read, what anchors (nothing), and how the owner goes on."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.testing import PASSWORD
from contracts.models import ChainTransaction
from designs.models import Design
from designs.services.upload import Part
from marketplace.tests.pages import page, signed_in
from marketplace.tests.support import draft_of, with_offer
from studio.models import Consent, Publication
from studio.services import publishing
from studio.tests.pages import parts_of, read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

WHY = "Twenty percent was agreed, not ten."


@pytest.fixture
def asked(creator: User, cocreator: User, stranger: User, png: bytes) -> Publication:
    """A draft of three people, signed by its creator."""
    parts = [
        Part(creator, "designer", 800_000),
        Part(cocreator, "model_architect", 100_000),
        Part(stranger, "host", 100_000),
    ]
    design = with_offer(draft_of(creator, png, parts=parts))
    return publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)


def answer(user: User, publication: Publication, name: str, **data: str) -> Any:
    return signed_in(user).post(reverse(f"studio:{name}", args=[publication.public_id]), data, follow=True)


def draft_page(user: User, publication: Publication) -> str:
    return read(signed_in(user).get(reverse("studio:design", args=[publication.design.public_id])))


def test_the_owner_reads_who_declined_and_why_and_nothing_anchors(
    asked: Publication, creator: User, cocreator: User, stranger: User
) -> None:
    answer(stranger, asked, "consent", password=PASSWORD)

    said = read(answer(cocreator, asked, "decline", reason=WHY))

    assert "You declined. The creator was told; nothing is published." in said
    assert f"Your reason: {WHY}" in said
    assert f"It is a draft again tpms-lab declined their part. {WHY}" in draft_page(creator, asked)
    told = page(creator, reverse("accounts:notifications"))
    assert "“Gyroid Lantern” was not accepted by everyone" in told
    assert "Your draft is unchanged. Edit the shares or the people and ask again." in told
    assert "was not accepted by everyone" not in page(stranger, reverse("accounts:notifications"))
    publishing.sweep_publications()
    assert not ChainTransaction.objects.exists()
    design = asked.design
    design.refresh_from_db()
    assert (design.state, design.entry_id) == (Design.State.DRAFT, None)
    assert list(design.contributions.values_list("units", flat=True)) == [800_000, 100_000, 100_000]


def test_an_answer_after_the_decline_is_refused_and_says_so(
    asked: Publication, cocreator: User, stranger: User
) -> None:
    answer(cocreator, asked, "decline", reason=WHY)

    late = read(answer(stranger, asked, "consent", password=PASSWORD))
    assert "This request is not open any more The draft was changed or taken back. Nothing is published" in late
    again = read(answer(cocreator, asked, "decline", reason="Still."))
    assert "This was answered or changed meanwhile. Reload to see it." in again
    assert Consent.objects.get(publication=asked, account=cocreator).reason == WHY
    assert not ChainTransaction.objects.exists()


def test_the_owner_changes_the_shares_and_asks_again(
    asked: Publication, creator: User, cocreator: User, stranger: User
) -> None:
    answer(cocreator, asked, "decline", reason=WHY)
    people = parts_of(
        (creator.email, "designer", "70"), (cocreator.email, "model_architect", "20"), (stranger.email, "host", "10")
    )
    signed_in(creator).post(reverse("studio:people", args=[asked.design.public_id]), people)
    signed_in(creator).post(
        reverse("studio:publish", args=[asked.design.public_id]), {"password": PASSWORD, "keep": "on"}
    )

    second = Publication.objects.get(state=Publication.State.ASKED)
    request = page(cocreator, reverse("studio:consent", args=[second.public_id]))
    assert "model architect, 20 % of all its revenue" in request
    assert "declined their part" not in draft_page(creator, second)
    for person in (cocreator, stranger):
        answer(person, second, "consent", password=PASSWORD)
    planned = ChainTransaction.objects.get()
    assert planned.ref == second.digest
    assert len(planned.args[1]) == 3


def test_the_owner_goes_on_without_the_one_who_declined(
    asked: Publication, creator: User, cocreator: User, stranger: User
) -> None:
    answer(cocreator, asked, "decline")
    people = parts_of((creator.email, "designer", "90"), (stranger.email, "host", "10"))
    signed_in(creator).post(reverse("studio:people", args=[asked.design.public_id]), people)
    signed_in(creator).post(
        reverse("studio:publish", args=[asked.design.public_id]), {"password": PASSWORD, "keep": "on"}
    )

    second = Publication.objects.get(state=Publication.State.ASKED)
    assert signed_in(cocreator).get(reverse("studio:consent", args=[second.public_id])).status_code == 404
    answer(stranger, second, "consent", password=PASSWORD)
    assert ChainTransaction.objects.get().ref == second.digest


def test_a_reason_that_is_too_long_is_kept_and_nothing_is_declined(asked: Publication, cocreator: User) -> None:
    long = "No, because of this. " * 40

    said = answer(cocreator, asked, "decline", reason=long)

    assert "Ensure this value has at most 500 characters (it has 839)." in read(said)
    assert long.strip() in said.content.decode()
    assert '<details class="disclosure" open>' in said.content.decode()
    asked.refresh_from_db()
    assert asked.state == Publication.State.ASKED
    assert Consent.objects.get(publication=asked, account=cocreator).state == Consent.State.ASKED


@pytest.mark.parametrize("data", [{}, {"password": ""}, {"password": "a guess at it"}])
def test_accepting_without_the_right_password_signs_nothing(
    asked: Publication, cocreator: User, data: dict[str, str]
) -> None:
    said = read(answer(cocreator, asked, "consent", **data))

    assert "Sign and accept" in said
    if data.get("password"):
        assert "That is not your password, so nothing was signed. You have 4 more tries." in said
    assert Consent.objects.get(publication=asked, account=cocreator).state == Consent.State.ASKED


def test_an_answer_after_the_deadline_is_refused_and_the_draft_comes_back(
    asked: Publication, creator: User, cocreator: User
) -> None:
    Publication.objects.update(deadline=timezone.now())

    late = read(answer(cocreator, asked, "consent", password=PASSWORD))
    publishing.sweep_publications()

    assert "This request has expired. The creator has to ask again." in late
    assert Consent.objects.get(publication=asked, account=cocreator).state == Consent.State.ASKED
    seen = draft_page(creator, asked)
    assert "It is a draft again Not everyone answered in time. Publish again to ask anew." in seen
    assert "Ready to publish" in seen
    assert not ChainTransaction.objects.exists()


def test_the_creator_cannot_answer_for_others(asked: Publication, creator: User) -> None:
    for name in ("consent", "decline"):
        assert answer(creator, asked, name, password=PASSWORD, reason="x").status_code == 404
    asked.refresh_from_db()
    assert asked.state == Publication.State.ASKED
