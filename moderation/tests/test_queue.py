"""The moderators' queue in the admin: what each permission opens, a decision, and who reads it."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import open_account
from common.testing import PASSWORD
from contracts.models import ChainTransaction
from designs.models import Design
from marketplace.tests.pages import signed_in
from marketplace.tests.support import submitted
from moderation.models import Review
from studio.models import Publication
from studio.services import publishing
from studio.tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

QUEUE = "/admin/moderation/review/"


@pytest.fixture
def waiting(creator: User, png: bytes) -> Review:
    """A publication that contradicts itself and waits for a moderator."""
    design, publication = submitted(creator, png, prompt="a lantern", disclosure="not_ai")
    assert design.state == Design.State.IN_REVIEW
    return Review.objects.get(digest=publication.digest)


def staff(*permissions: str) -> User:
    """Somebody who may use the admin, with these permissions and no more."""
    person = open_account(email="staff@example.org", password=PASSWORD, display_name="Staff")
    person.is_staff = True
    person.save()
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


def page_of(review: Review) -> str:
    return reverse("admin:moderation_review_change", args=[review.pk])


def settle(client: Client, review: Review, state: str, reason: str) -> Any:
    return client.post(page_of(review), {"state": state, "reason": reason}, follow=True)


def act(client: Client, action: str, *reviews: Review) -> Any:
    chosen = {"action": action, "_selected_action": [review.pk for review in reviews]}
    return client.post(QUEUE, chosen, follow=True)


def assert_untouched(review: Review) -> None:
    review.refresh_from_db()
    assert (review.state, review.decided_by, review.decided_at) == ("pending", None, None)
    publishing.sweep_publications()
    assert review.version.design.state == Design.State.IN_REVIEW
    assert not ChainTransaction.objects.exists()


def test_the_queue_shows_what_waits_and_why(moderator: User, waiting: Review) -> None:
    client = signed_in(moderator)

    listed = read(client.get(f"{QUEUE}?state__exact=pending"))
    assert "Gyroid Lantern" in listed
    assert listed.count("Said to be without AI, but names a prompt") == 2, "not in the row beside the filter"
    page = read(client.get(page_of(waiting)))
    assert "It is said to be made without AI but names a prompt; a moderator looks at it first." in page
    assert "Gyroid Lantern" not in read(client.get(f"{QUEUE}?state__exact=approved"))


def test_the_link_of_a_review_leads_a_moderator_to_the_design(moderator: User, waiting: Review) -> None:
    client = signed_in(moderator)
    address = waiting.version.design.get_absolute_url()

    assert f'href="{address}"' in client.get(page_of(waiting)).content.decode()
    assert "Not published yet" in read(client.get(address))


def test_an_approval_publishes_and_keeps_who_decided(moderator: User, waiting: Review) -> None:
    settle(signed_in(moderator), waiting, "approved", "The prompt is its title.")
    publishing.sweep_publications()

    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == ("approved", moderator)
    assert waiting.reason == "The prompt is its title."
    assert waiting.decided_at is not None
    trail = LogEntry.objects.get(object_id=str(waiting.pk))
    assert (trail.user, trail.is_change()) == (moderator, True)
    assert ChainTransaction.objects.get().kind == "register"


def test_a_refusal_is_read_by_the_creator_who_can_change_and_ask_again(
    creator: User, moderator: User, waiting: Review
) -> None:
    settle(signed_in(moderator), waiting, "rejected", "Say that a model made it.")
    publishing.sweep_publications()

    design = waiting.version.design
    seen = read(signed_in(creator).get(reverse("studio:design", args=[design.public_id])))
    assert "It was not approved Say that a model made it. Your draft is unchanged." in seen
    assert not ChainTransaction.objects.exists()

    form = signed_in(creator).get(reverse("studio:details", args=[design.public_id])).context["form"]
    signed_in(creator).post(
        reverse("studio:details", args=[design.public_id]),
        {**form.initial, "disclosure": "ai_generated"},
    )
    signed_in(creator).post(reverse("studio:publish", args=[design.public_id]), {"password": PASSWORD, "keep": "on"})
    assert Publication.objects.get(state="submitted").design == design
    assert ChainTransaction.objects.get().kind == "register"


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_refusal_without_a_reason_is_not_taken(moderator: User, waiting: Review, reason: str) -> None:
    answer = settle(signed_in(moderator), waiting, "rejected", reason)

    assert "Say why: the creator reads this." in read(answer)
    assert_untouched(waiting)


def test_saving_without_a_decision_decides_nothing(moderator: User, waiting: Review) -> None:
    answer = settle(signed_in(moderator), waiting, "pending", "Hm.")

    assert "Choose approved or rejected to decide." in read(answer)
    assert_untouched(waiting)


def test_an_invented_decision_is_refused(moderator: User, waiting: Review) -> None:
    settle(signed_in(moderator), waiting, "published", "Now.")

    assert_untouched(waiting)


@pytest.mark.parametrize(("action", "state"), [("approve", "approved"), ("reject", "rejected")])
def test_the_list_decides_too(moderator: User, waiting: Review, action: str, state: str) -> None:
    act(signed_in(moderator), action, waiting)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == (state, moderator)
    assert waiting.reason


def test_a_second_decision_changes_nothing_and_says_so(moderator: User, waiting: Review) -> None:
    client = signed_in(moderator)
    act(client, "approve", waiting)

    answer = act(client, "reject", waiting)

    assert "“Gyroid Lantern” was decided meanwhile; nothing was changed." in read(answer)
    waiting.refresh_from_db()
    assert waiting.state == "approved"
    settle(client, waiting, "rejected", "After all.")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("approved", "Approved by a moderator.")


def test_nobody_adds_or_deletes_reviews_by_hand(moderator: User, waiting: Review) -> None:
    client = signed_in(moderator)

    assert client.get(reverse("admin:moderation_review_add")).status_code == 403
    assert client.post(reverse("admin:moderation_review_delete", args=[waiting.pk]), {"post": "yes"}).status_code == 403
    act(client, "delete_selected", waiting)
    assert_untouched(waiting)


@pytest.mark.parametrize("who", ["nobody", "stranger", "creator"])
def test_the_queue_is_closed_to_everyone_else(request: Any, waiting: Review, who: str) -> None:
    client = signed_in(None if who == "nobody" else request.getfixturevalue(who))

    for answer in (
        client.get(QUEUE),
        client.get(page_of(waiting)),
        client.post(page_of(waiting), {"state": "approved"}),
    ):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
    client.post(QUEUE, {"action": "approve", "_selected_action": [waiting.pk]})
    assert_untouched(waiting)


def test_staff_without_a_permission_sees_no_queue(waiting: Review) -> None:
    client = signed_in(staff())

    assert client.get(QUEUE).status_code == 403
    assert client.post(page_of(waiting), {"state": "approved", "reason": "x"}).status_code == 403
    assert client.get(waiting.version.design.get_absolute_url()).status_code == 404
    assert_untouched(waiting)


def test_whoever_may_only_look_decides_nothing(waiting: Review) -> None:
    client = signed_in(staff("view_review"))

    assert client.get(QUEUE).status_code == 200
    assert client.get(waiting.version.design.get_absolute_url()).status_code == 200
    assert 'name="state"' not in client.get(page_of(waiting)).content.decode()
    assert client.post(page_of(waiting), {"state": "approved", "reason": "x"}).status_code == 403
    act(client, "approve", waiting)
    assert_untouched(waiting)


def test_whoever_may_change_reviews_decides(waiting: Review) -> None:
    person = staff("view_review", "change_review")

    settle(signed_in(person), waiting, "approved", "Fine.")

    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == ("approved", person)
