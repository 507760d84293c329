"""The same file twice: refused when one creator publishes it again, a later claim when another does."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from common.testing import PASSWORD, at_once
from contracts.models import ChainTransaction
from designs.models import Design
from designs.services.upload import Part
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import anchored, draft_of, head_at, published, submitted, with_offer
from moderation.models import Review
from moderation.services import decide
from studio.models import Publication
from studio.services import publishing
from studio.tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

BEFORE = "You have published this very file before. Open that one instead, or take a changed file."
AT_ONCE = "You are publishing this very file already, as “First”. Take that one back first, or go on with it."


def press_publish(user: User, design: Design) -> Any:
    address = reverse("studio:publish", args=[design.public_id])
    return signed_in(user).post(address, {"password": PASSWORD, "keep": "on"})


def assert_still_a_draft(design: Design) -> None:
    design.refresh_from_db()
    assert (design.state, design.entry_id) == ("draft", None)
    assert design.first_offers.count() == 1
    assert not design.publications.exists()


def test_publishing_it_again_is_refused_where_one_signs(creator: User, png: bytes) -> None:
    published(creator, png)
    again = with_offer(draft_of(creator, png, title="Again"))

    answer = press_publish(creator, again)

    assert answer.status_code == 200
    assert BEFORE in read(answer)
    assert_still_a_draft(again)
    assert ChainTransaction.objects.filter(kind="register").count() == 1


def test_it_is_refused_while_the_first_is_on_its_way(creator: User, png: bytes) -> None:
    submitted(creator, png)
    again = with_offer(draft_of(creator, png, title="Again"))

    assert BEFORE in read(press_publish(creator, again))
    assert_still_a_draft(again)


def test_it_is_refused_after_a_co_creator_was_added(creator: User, cocreator: User, png: bytes) -> None:
    published(creator, png)
    parts = [Part(creator, "designer", 900_000), Part(cocreator, "host", 100_000)]
    again = with_offer(draft_of(creator, png, title="Again", parts=parts))

    assert BEFORE in read(press_publish(creator, again))
    assert_still_a_draft(again)


@pytest.fixture
def asked(creator: User, cocreator: User, png: bytes) -> tuple[Design, Design]:
    """Two drafts of one file with a co-creator; the first has been signed and waits."""
    parts = [Part(creator, "designer", 700_000), Part(cocreator, "tweaker", 300_000)]
    first, second = (with_offer(draft_of(creator, png, title=title, parts=parts)) for title in ("First", "Second"))
    press_publish(creator, first)
    return first, second


def test_it_is_refused_while_the_first_waits_for_consent(creator: User, asked: tuple[Design, Design]) -> None:
    first, second = asked

    assert AT_ONCE in read(press_publish(creator, second))

    assert_still_a_draft(second)
    assert Publication.objects.get().design == first


def test_the_second_draft_may_go_on_once_the_first_is_taken_back(
    creator: User, cocreator: User, asked: tuple[Design, Design]
) -> None:
    first, second = asked
    signed_in(creator).post(reverse("studio:take_back", args=[first.public_id]))

    press_publish(creator, second)
    publication = Publication.objects.get(state="asked")
    assert publication.design == second
    answer = signed_in(cocreator).post(reverse("studio:consent", args=[publication.public_id]), {"password": PASSWORD})

    assert answer.status_code == 302
    second.refresh_from_db()
    assert second.state == Design.State.ANCHORING


def test_a_registration_that_failed_may_be_published_again(creator: User, png: bytes) -> None:
    design, _publication = submitted(creator, png)
    action = ChainTransaction.objects.get()
    action.error = "DesignRegistry__Expired"
    publishing.registration_failed(action)

    press_publish(creator, design)

    design.refresh_from_db()
    assert design.state == Design.State.ANCHORING


@pytest.mark.django_db(transaction=True)
def test_two_drafts_published_in_the_same_moment_are_one(creator: User, png: bytes) -> None:
    drafts = [with_offer(draft_of(creator, png, title=title)) for title in ("First", "Second")]
    clients = [signed_in(creator) for _draft in drafts]

    def press(number: int) -> int:
        address = reverse("studio:publish", args=[drafts[number].public_id])
        return int(clients[number].post(address, {"password": PASSWORD, "keep": "on"}).status_code)

    assert sorted(at_once(press, 2)) == [200, 302]
    assert Publication.objects.count() == 1
    assert ChainTransaction.objects.filter(kind="register").count() == 1


@pytest.fixture
def later(creator: User, stranger: User, moderator: User, png: bytes) -> Design:
    """A stranger's claim of the creator's file, let through by a moderator."""
    published(creator, png, title="First lantern")
    design, publication = submitted(stranger, png, title="Second lantern")
    assert "A moderator looks at it first." in read(
        signed_in(stranger).get(reverse("studio:design", args=[design.public_id]))
    )
    decide(moderator=moderator, review=Review.objects.get(digest=publication.digest), approve=True, reason="Later.")
    publishing.sweep_publications()
    anchored(publication, block=20)
    head_at(30)
    return design


def test_anothers_claim_is_shown_as_the_second_everywhere(later: Design, creator: User) -> None:
    seen = page(None, later.get_absolute_url())
    assert "it is claim number 2 known to this registry, not the first" in text(seen)
    assert creator.custody_key.address in seen
    assert "later claim" in page(None, "/")
    assert "later claim" in page(None, "/search/?q=second")
    first = Design.objects.get(owner=creator)
    assert "later claim" not in page(None, "/search/?q=first")
    assert "it is the first claim known to this registry" in text(page(None, first.get_absolute_url()))


def test_the_api_orders_the_claims(later: Design, creator: User, stranger: User) -> None:
    client = signed_in(None)
    first = Design.objects.get(owner=creator)

    listed = client.get("/api/v1/designs/").json()["results"]
    assert {one["title"]: one["claim_order"] for one in listed} == {"First lantern": 1, "Second lantern": 2}
    for design, order in ((first, 1), (later, 2)):
        assert client.get(f"/api/v1/designs/{design.public_id}/").json()["claim_order"] == order
    claims = client.get(f"/api/v1/verify/{later.versions.get().master.sha256}/").json()["claims"]
    assert [(claim["claim_order"], claim["creator"]) for claim in claims] == [
        (1, creator.custody_key.address),
        (2, stranger.custody_key.address),
    ]


def test_an_unpublished_design_has_no_claim(creator: User, png: bytes) -> None:
    design = draft_of(creator, png)

    assert signed_in(creator).get(f"/api/v1/designs/{design.public_id}/").json()["claim_order"] is None
