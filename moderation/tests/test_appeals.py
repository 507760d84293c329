"""Appeals: who may, until when, who decides, and what is taken back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification, User
from common.testing import at_once
from contracts.models import ChainTransaction
from designs.models import Design
from marketplace.tests.pages import page, signed_in, text
from moderation.errors import ModerationRefused
from moderation.models import Appeal, Case, Decision
from moderation.services import AlreadyDecided, appeal, decide_appeal, decide_case, report
from moderation.services.deciding import Wish
from moderation.tests.test_cases import arrived

pytestmark = pytest.mark.django_db

WHY = "It is the same file."


@pytest.fixture
def case(lantern: Design, stranger: User) -> Case:
    cache.clear()
    report(reporter=stranger, design=lantern, reason="rights", statement="Mine.")
    return Case.objects.get()


def decided(first: User, case: Case, wish: Wish) -> Decision:
    case.refresh_from_db()
    return decide_case(moderator=first, case=case, turn=case.turn, wish=wish)


@pytest.fixture
def suspended(case: Case, first: User) -> Decision:
    decision = decided(first, case, Wish("suspend", "copy", WHY))
    arrived(decision, 2, block=30)
    return decision


def address(decision: Decision) -> str:
    return reverse("moderation:appeal", args=[decision.public_id])


def test_a_creator_appeals_and_another_moderator_takes_the_decision_back(
    suspended: Decision, first: User, second: User, lantern: Design, stranger: User
) -> None:
    answer = signed_in(lantern.owner).post(address(suspended), {"statement": "My file is older."}, follow=True)
    assert "Another moderator has to decide" in text(answer.content.decode())
    filed = Appeal.objects.get()
    assert Notification.objects.filter(user=lantern.owner, kind="appeal_received").count() == 1
    assert "Gyroid Lantern" in page(second, reverse("moderation:appeals"))
    own = page(first, filed.get_absolute_url())
    assert "You made this decision. Another moderator decides about the appeal." in own
    assert "My file is older." in page(second, filed.get_absolute_url())

    signed_in(second).post(filed.get_absolute_url(), {"outcome": "uphold", "text": "It is older indeed."})

    filed.refresh_from_db()
    outcome = Decision.objects.get(on_appeal=filed)
    assert (filed.state, outcome.action, outcome.moderator) == ("upheld", "uphold_appeal", second)
    assert (outcome.before["status"], outcome.after["status"]) == ("suspended", "active")
    back = ChainTransaction.objects.latest("id")
    assert (back.function, back.args[1:]) == ("setStatus", [0, outcome.statement_hash])
    for person in (lantern.owner, stranger):
        mail = Notification.objects.get(user=person, kind="appeal_decided")
        assert "was upheld: the decision is taken back" in mail.body
        assert "It is older indeed." in mail.body
    arrived(outcome, 0, block=31)
    seen = text(page(None, lantern.get_absolute_url()))
    assert "License for" in seen
    assert "Taken down" not in seen


def test_a_rejected_appeal_leaves_everything_as_it_is(suspended: Decision, second: User, lantern: Design) -> None:
    filed = appeal(author=lantern.owner, decision=suspended, statement="No.")

    decide_appeal(moderator=second, appeal=filed, uphold=False, text="It is the same.")

    assert ChainTransaction.objects.count() == 1
    assert "Taken down by a moderator" in text(page(None, lantern.get_absolute_url()))
    assert "It is the same." in page(lantern.owner, suspended.get_absolute_url())
    assert Notification.objects.filter(user=lantern.owner, kind="appeal_decided").count() == 1
    with pytest.raises(ModerationRefused):
        appeal(author=lantern.owner, decision=suspended, statement="Once more.")


def test_an_upheld_appeal_gives_back_the_disclosure(case: Case, first: User, second: User, lantern: Design) -> None:
    decision = decided(first, case, Wish("correct_disclosure", "undisclosed_ai", WHY, "ai_generated"))
    filed = appeal(author=lantern.owner, decision=decision, statement="By hand.")

    decide_appeal(moderator=second, appeal=filed, uphold=True, text="By hand.")

    lantern.refresh_from_db()
    assert lantern.disclosure == "not_ai"
    assert not ChainTransaction.objects.exists()
    assert "A moderator corrected" not in page(None, lantern.get_absolute_url())


def test_an_upheld_appeal_takes_back_its_own_decision_and_no_later_one(
    case: Case, first: User, second: User, lantern: Design
) -> None:
    contested = decided(first, case, Wish("contest", "copy", WHY))
    arrived(contested, 1, block=30)
    filed = appeal(author=lantern.owner, decision=contested, statement="No.")
    again = Case.objects.create(design=lantern)
    arrived(decided(first, again, Wish("suspend", "unlawful", "Court order.")), 2, block=31)

    outcome = decide_appeal(moderator=second, appeal=filed, uphold=True, text="Not a copy.")

    assert outcome.after["status"] == "suspended"
    assert ChainTransaction.objects.count() == 2
    assert "Taken down by a moderator It is against the law" in text(page(None, lantern.get_absolute_url()))


def test_the_first_moderator_does_not_decide_about_themselves(
    suspended: Decision, first: User, lantern: Design
) -> None:
    filed = appeal(author=lantern.owner, decision=suspended, statement="No.")

    answer = signed_in(first).post(filed.get_absolute_url(), {"outcome": "reject", "text": "I was right."})

    assert answer.status_code == 422
    assert "Another moderator than the one who decided first decides this." in answer.content.decode()
    assert Appeal.objects.get().state == "open"
    assert Decision.objects.count() == 1


def test_whoever_may_only_look_or_has_no_part_decides_no_appeal(
    suspended: Decision, viewer: User, stranger: User, lantern: Design
) -> None:
    filed = appeal(author=lantern.owner, decision=suspended, statement="No.")
    sent = {"outcome": "uphold", "text": "Yes."}

    assert signed_in(viewer).get(filed.get_absolute_url()).status_code == 200
    assert signed_in(viewer).post(filed.get_absolute_url(), sent).status_code == 403
    for person in (stranger, lantern.owner):
        assert signed_in(person).get(filed.get_absolute_url()).status_code == 404
        assert signed_in(person).post(filed.get_absolute_url(), sent).status_code == 404
    assert signed_in(None).post(filed.get_absolute_url(), sent)["Location"].startswith("/accounts/login/")
    assert Appeal.objects.get().state == "open"


def test_only_its_creator_appeals_once_and_in_time(
    suspended: Decision, lantern: Design, stranger: User, second: User
) -> None:
    for person in (stranger, second):
        assert signed_in(person).post(address(suspended), {"statement": "x"}).status_code == 404
    assert signed_in(lantern.owner).post(address(suspended), {"statement": "  "}).status_code == 422
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        client = signed_in(lantern.owner)
        assert "cannot be appealed any more" in client.get(address(suspended)).content.decode()
        assert client.post(address(suspended), {"statement": "Late."}).status_code == 409
    assert not Appeal.objects.exists()

    assert signed_in(lantern.owner).post(address(suspended), {"statement": "First."}).status_code == 302
    assert signed_in(lantern.owner).post(address(suspended), {"statement": "Twice."}).status_code == 409
    assert Appeal.objects.get().statement == "First."


@pytest.mark.parametrize(
    "wish", [Wish("dismiss", "unfounded", "No."), Wish("ask", "question", "Where?")], ids=["dismissal", "question"]
)
def test_what_costs_a_creator_nothing_is_not_appealed(case: Case, first: User, lantern: Design, wish: Wish) -> None:
    decision = decided(first, case, wish)

    assert "You may appeal" not in page(lantern.owner, decision.get_absolute_url())
    with pytest.raises(ModerationRefused):
        appeal(author=lantern.owner, decision=decision, statement="Still.")


@pytest.mark.django_db(transaction=True)
def test_an_appeal_is_decided_once_whoever_comes_at_the_same_time(
    suspended: Decision, second: User, moderator: User, lantern: Design
) -> None:
    filed = appeal(author=lantern.owner, decision=suspended, statement="No.")

    def act(number: int) -> Any:
        try:
            return decide_appeal(
                moderator=(second, moderator)[number % 2], appeal=filed, uphold=number < 2, text="So it is."
            )
        except AlreadyDecided:
            return None

    assert sum(one is not None for one in at_once(act)) == 1
    assert Decision.objects.filter(on_appeal=filed).count() == 1
