"""What a rule approves, what it leaves to a moderator, and that one decision stands."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import User
from accounts.services import open_account
from common.testing import PASSWORD
from contracts.models import ChainTransaction
from designs.models import Design
from marketplace.tests.support import draft_of, published, submitted, with_offer
from moderation.models import Review
from moderation.services import AlreadyDecided, decide, judge, withdraw_review
from studio.services import publishing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

DIGEST = "0x" + "ab" * 32


def judged(design: Design, digest: str = DIGEST) -> Review:
    return judge(version=design.versions.get(), digest=digest)


def test_a_file_that_nobody_claimed_is_approved_by_rule(creator: User, png: bytes) -> None:
    review = judged(draft_of(creator, png))

    assert (review.state, review.rule, review.decided_by) == ("approved", "nothing_to_ask", None)
    assert review.decided_at is not None


@pytest.mark.parametrize("disclosure", ["ai_generated", "ai_assisted"])
def test_a_prompt_with_ai_is_no_contradiction(creator: User, png: bytes, disclosure: str) -> None:
    assert judged(draft_of(creator, png, prompt="a lantern", disclosure=disclosure)).state == "approved"


def test_a_prompt_without_ai_is_looked_at(creator: User, png: bytes) -> None:
    review = judged(draft_of(creator, png, prompt="a lantern", disclosure="not_ai"))

    assert (review.state, review.rule, review.decided_at) == ("pending", "disclosure_contradicts", None)
    assert review.reason == "It is said to be made without AI but names a prompt; a moderator looks at it first."


def test_a_file_that_another_has_claimed_is_looked_at(creator: User, stranger: User, png: bytes) -> None:
    published(creator, png)

    review = judged(draft_of(stranger, png))

    assert (review.state, review.rule) == ("pending", "already_claimed")
    assert review.reason == "Someone else has claimed this very file; a moderator looks at it first."


def test_a_file_that_another_is_about_to_claim_is_looked_at(creator: User, stranger: User, png: bytes) -> None:
    first, _publication = submitted(creator, png)
    assert first.state == Design.State.ANCHORING

    assert judged(draft_of(stranger, png)).rule == "already_claimed"


def test_a_draft_of_the_same_file_claims_nothing(creator: User, stranger: User, png: bytes) -> None:
    draft_of(creator, png)

    assert judged(draft_of(stranger, png)).state == "approved"


def test_a_file_with_one_other_byte_is_another_file(creator: User, stranger: User, png: bytes) -> None:
    published(creator, png)

    assert judged(draft_of(stranger, png + b"\x00")).state == "approved"


def test_a_decision_keeps_who_when_and_why(creator: User, moderator: User, png: bytes) -> None:
    review = judged(draft_of(creator, png, prompt="a lantern", disclosure="not_ai"))

    decide(moderator=moderator, review=review, approve=True, reason="The prompt is a title.")

    review.refresh_from_db()
    assert (review.state, review.decided_by, review.reason) == ("approved", moderator, "The prompt is a title.")
    assert review.rule == "disclosure_contradicts"
    assert review.decided_at >= review.created_at


def test_a_decided_review_is_not_decided_again(creator: User, moderator: User, stranger: User, png: bytes) -> None:
    review = judged(draft_of(creator, png, prompt="a lantern", disclosure="not_ai"))
    decide(moderator=moderator, review=review, approve=False, reason="No.")

    with pytest.raises(AlreadyDecided):
        decide(moderator=stranger, review=review, approve=True, reason="Yes.")

    review.refresh_from_db()
    assert (review.state, review.decided_by, review.reason) == ("rejected", moderator, "No.")


def test_a_draft_taken_back_leaves_the_queue_and_what_was_decided_stays(
    creator: User, moderator: User, png: bytes
) -> None:
    pending = judged(draft_of(creator, png, prompt="a lantern", disclosure="not_ai"))
    approved = judged(draft_of(creator, png + b"\x00"), "0x" + "cd" * 32)

    withdraw_review(digest=pending.digest)
    withdraw_review(digest=approved.digest)

    assert list(Review.objects.all()) == [approved]
    with pytest.raises(AlreadyDecided):
        decide(moderator=moderator, review=pending, approve=True, reason="Too late.")


def test_a_moderators_approval_waits_for_every_cocreator(
    creator: User, cocreator: User, moderator: User, png: bytes
) -> None:
    from designs.services.upload import Part

    parts = [Part(creator, "designer", 700_000), Part(cocreator, "tweaker", 300_000)]
    design = with_offer(draft_of(creator, png, parts=parts, prompt="a lantern", disclosure="not_ai"))
    publication = publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)

    decide(moderator=moderator, review=Review.objects.get(), approve=True, reason="Fine.")
    publishing.sweep_publications()
    assert not ChainTransaction.objects.exists()

    publishing.accept(actor=cocreator, publication=publication, password=PASSWORD)
    assert ChainTransaction.objects.get().ref == publication.digest


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_the_same_time_one_stands(png: bytes) -> None:
    people = [
        open_account(email=f"m{number}@example.org", password=PASSWORD, display_name=f"M{number}", is_staff=True)
        for number in range(4)
    ]
    review = judged(draft_of(people[0], png, prompt="a lantern", disclosure="not_ai"))

    def decided(number: int) -> bool:
        try:
            decide(moderator=people[number], review=review, approve=number % 2 == 0, reason=f"By {number}.")
        except AlreadyDecided:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        stood = list(pool.map(decided, range(4)))

    assert sum(stood) == 1
    winner = stood.index(True)
    review.refresh_from_db()
    assert (review.decided_by, review.reason) == (people[winner], f"By {winner}.")
