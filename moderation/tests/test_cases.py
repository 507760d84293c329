"""The desk: the queue, one screen, decisions, the log, and who reads what."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Notification, User
from common.testing import PASSWORD, at_once
from contracts.models import ChainTransaction
from designs.models import Design, PublicCopy
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import event
from moderation.errors import ModerationRefused
from moderation.models import Case, Decision, Report, StatusCommand
from moderation.services import AlreadyDecided, answer, assign, decide_case, open_case, release, report
from moderation.services.deciding import Wish

pytestmark = pytest.mark.django_db

WHY = "It is the same file, published a year before."
SUSPEND = Wish("suspend", "copy", WHY)


@pytest.fixture(autouse=True)
def nobody_counted_yet() -> None:
    cache.clear()


@pytest.fixture
def reported(lantern: Design, stranger: User) -> Report:
    return report(
        reporter=stranger, design=lantern, reason="copy", statement="I made it.", original="https://example.org/mine"
    )


@pytest.fixture
def case(reported: Report) -> Case:
    return Case.objects.get()


def decide(moderator: User, case: Case, wish: Wish = SUSPEND) -> Decision:
    case.refresh_from_db()
    return decide_case(moderator=moderator, case=case, turn=case.turn, wish=wish)


def form(case: Case, **changes: Any) -> dict[str, Any]:
    case.refresh_from_db()
    return {"turn": case.turn, "action": "suspend", "reason": "copy", "text": WHY, "disclosure": "", **changes}


def arrived(decision: Decision, status: int, *, block: int) -> None:
    """The chain has what the decision wanted."""
    args = {
        "entryId": str(int(decision.design.entry_id or "", 16)),
        "status": str(status),
        "reason": decision.statement_hash,
        "by": "0x" + "00" * 20,
    }
    event("DesignRegistry", "StatusChanged", args, block=block)


def test_the_queue_shows_what_waits_and_the_case_everything_it_takes(
    reported: Report, case: Case, first: User, stranger: User
) -> None:
    listed = text(page(first, reverse("moderation:queue")))
    assert "Gyroid Lantern by Northlight Studio" in listed
    assert "1 report" in listed

    seen = text(page(first, case.get_absolute_url()))

    for words in (
        "I made it.",
        "https://example.org/mine",
        "It is the only claim of this very file",
        "Not made by an AI model",
        "On chain: status suspended.",
        "On chain: nothing.",
        "What never happens: earned money is not touched",
        "Earlier decisions about this design None.",
    ):
        assert words in seen, words
    assert "status active" not in seen, "an active design cannot be restored"


def test_a_case_lists_the_first_claims_and_its_own(
    lantern: Design, creator: User, first: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.selectors.AT_MOST", 2)
    for number in range(4):
        copy = rows.draft(rows.person(f"Claimant {number}"), f"Copy {number}", content=f"{creator.pk} Gyroid Lantern")
        rows.anchor(copy, block=40 + number)

    seen = text(page(first, open_case(moderator=first, design=copy).get_absolute_url()))

    for words in ("Gyroid Lantern", "Copy 0", "This design"):
        assert words in seen, words
    assert "Copy 1" not in seen
    assert "2 more claims are not listed." in seen


def test_a_case_tells_of_public_copies_and_who_may_end_them(case: Case, first: User) -> None:
    version = case.design.versions.get()
    PublicCopy.objects.create(version=version, place="ipfs", state="standing", sha256="ab" * 32, name="bafycopy")
    PublicCopy.objects.create(version=version, place="arweave", state="removed", sha256="cd" * 32, name="gone")
    address = case.get_absolute_url()
    ending = reverse("admin:designs_publiccopy_changelist") + f"?version__id__exact={version.pk}"
    operator = User.objects.create_superuser(email="root@example.org", password=PASSWORD, display_name="Root")

    of_a_moderator, of_the_operator = page(first, address), page(operator, address)

    assert "bafycopy" in of_a_moderator
    assert "gone" not in of_a_moderator
    assert "The operator can end them in the admin, under Public copies." in text(of_a_moderator)
    assert ending not in of_a_moderator
    assert ending in of_the_operator
    assert "bafycopy" in page(operator, ending)


def test_filters_pages_and_counts(creator: User, lantern: Design, stranger: User, buyer: User, first: User) -> None:
    for number in range(22):
        design = rows.draft(creator, f"Work {number:02}")
        rows.anchor(design, block=30 + number)
        Report.objects.create(
            case=Case.objects.create(design=design),
            design=design,
            reporter=stranger,
            reason="rights" if number % 2 else "other",
            statement="x",
        )
    queue = reverse("moderation:queue")
    first_page = page(first, queue)
    assert "Page 1 of 2" in text(first_page)
    assert "Work 00" in first_page
    assert "Work 21" not in first_page
    assert "Work 21" in page(first, f"{queue}?page=2")
    rights = page(first, f"{queue}?reason=rights")
    assert "Work 01" in rights
    assert "Work 02" not in rights
    one = Case.objects.get(design__title="Work 05")
    assign(moderator=first, case=one)
    mine = text(page(first, f"{queue}?mine=1"))
    assert "Work 05" in mine
    assert "Work 06" not in mine
    assert "To do 22" in mine
    decide(first, one, Wish("dismiss", "unfounded", "No."))
    assert "To do 21" in text(page(first, queue))
    assert "Work 05" in page(first, f"{queue}?state=closed")
    for hostile in ("?page=x", "?page=-1", "?state=zzz", "?reason=%27", "?mine=2"):
        assert signed_in(first).get(queue + hostile).status_code == 200


def test_the_queue_asks_as_often_for_many_cases_as_for_one(
    creator: User, lantern: Design, stranger: User, first: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        design = rows.draft(creator, f"Work {number:02}")
        rows.anchor(design, block=30 + number)
        report_of = Case.objects.create(design=design)
        Report.objects.create(case=report_of, design=design, reporter=stranger, reason="other", statement="x")
    client = signed_in(first)
    with django_assert_max_num_queries(14):
        client.get(reverse("moderation:queue"))
    for one in Case.objects.all()[:10]:
        decide(first, one)
    with django_assert_max_num_queries(14):
        client.get(reverse("moderation:log"))


def test_a_decision_is_stored_sent_and_told_to_both_sides(
    reported: Report, case: Case, first: User, stranger: User, lantern: Design
) -> None:
    page_of_case = signed_in(first).post(case.get_absolute_url(), form(case), follow=True)

    assert "Decided: Take down, “Gyroid Lantern”" in text(page_of_case.content.decode())
    decision = Decision.objects.get()
    assert (decision.moderator, decision.reason, decision.text) == (first, "copy", WHY)
    assert decision.before == {"status": "active", "disclosure": "not_ai", "case": "open"}
    assert decision.after == {"status": "suspended", "disclosure": "not_ai", "case": "closed"}
    sent = ChainTransaction.objects.get()
    assert (sent.contract, sent.function) == ("DesignRegistry", "setStatus")
    assert sent.args == [int(lantern.entry_id or "", 16), 2, decision.statement_hash]
    assert sent.ref == StatusCommand.objects.get().ref
    to_creator = Notification.objects.get(user=lantern.owner)
    to_reporter = Notification.objects.get(user=stranger, kind="report_decided")
    for mail in (to_creator, to_reporter):
        assert "“Gyroid Lantern” was taken down: nothing of it is sold." in mail.body
        assert f"Reason: It is a copy of another work.\n{WHY}" in mail.body
        assert stranger.display_name not in mail.body
    assert "appeal within 30 days" in to_creator.body
    assert to_creator.url == decision.get_absolute_url()
    assert to_reporter.url == reported.get_absolute_url()
    assert WHY in page(stranger, reported.get_absolute_url())
    reported.refresh_from_db()
    assert not reported.is_open


@pytest.mark.parametrize(
    ("wish", "subject"),
    [
        (Wish("dismiss", "unfounded", "The link shows another work."), "A decision about “Gyroid Lantern”"),
        (Wish("ask", "question", "Where is your source file?"), "A question about “Gyroid Lantern”"),
        (Wish("correct_disclosure", "undisclosed_ai", WHY, "ai_generated"), "A decision about “Gyroid Lantern”"),
        (Wish("contest", "copy", WHY), "A decision about “Gyroid Lantern”"),
    ],
)
def test_every_action_tells_the_creator(case: Case, first: User, lantern: Design, wish: Wish, subject: str) -> None:
    decide(first, case, wish)

    mail = Notification.objects.get(user=lantern.owner)
    assert mail.subject == subject
    assert wish.text in mail.body
    assert ChainTransaction.objects.exists() == (wish.action == "contest")


def test_a_question_waits_for_its_answer_and_comes_back(
    case: Case, first: User, lantern: Design, stranger: User
) -> None:
    decide(first, case, Wish("ask", "question", "Where is your source file?"))
    address = reverse("moderation:answer", args=[case.public_id])
    case.refresh_from_db()
    assert case.state == Case.State.ASKED
    assert "Where is your source file?" in page(lantern.owner, address)
    assert "Waits for the creator 1" in text(page(first, reverse("moderation:queue")))

    signed_in(lantern.owner).post(address, {"statement": "In the archive of March."})

    case.refresh_from_db()
    assert case.state == Case.State.OPEN
    assert "In the archive of March." in page(first, case.get_absolute_url())
    assert Report.objects.get().is_open
    with pytest.raises(ModerationRefused):
        answer(author=lantern.owner, case=case, text="Twice.")
    assert signed_in(lantern.owner).post(address, {"statement": "Twice."}).status_code == 409
    assert case.answers.count() == 1


def test_a_corrected_disclosure_is_what_the_page_says_and_that_it_was_corrected(
    case: Case, first: User, lantern: Design
) -> None:
    decide(first, case, Wish("correct_disclosure", "undisclosed_ai", WHY, "ai_generated"))

    seen = text(page(None, lantern.get_absolute_url()))
    assert "Disclosure Made by an AI model" in seen
    assert "A moderator corrected the disclosure It was made with AI and did not say so." in seen
    assert "License for" in seen, "it is sold as before"
    decision = Decision.objects.get()
    assert (decision.before["disclosure"], decision.after["disclosure"]) == ("not_ai", "ai_generated")
    assert "Not made by an AI model → Made by an AI model" in text(page(first, reverse("moderation:log")))


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish("suspend", "", WHY), "reason"),
        (Wish("suspend", "unfounded", WHY), "reason"),
        (Wish("suspend", "copy", "  "), "no_text"),
        (Wish("restore", "mistake", WHY), "status"),
        (Wish("correct_disclosure", "undisclosed_ai", WHY, "not_ai"), "disclosure"),
        (Wish("correct_disclosure", "undisclosed_ai", WHY, "by_elves"), "disclosure"),
        (Wish("uphold_appeal", "mistake", WHY), "unknown_action"),
        (Wish("delete", "copy", WHY), "unknown_action"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    case: Case, first: User, lantern: Design, wish: Wish, code: str
) -> None:
    with pytest.raises(ModerationRefused) as refused:
        decide(first, case, wish)

    assert refused.value.code == code
    case.refresh_from_db()
    lantern.refresh_from_db()
    assert (case.state, lantern.disclosure) == ("open", "not_ai")
    assert not Decision.objects.exists()
    assert not ChainTransaction.objects.exists()
    assert not Notification.objects.filter(user=lantern.owner).exists()


def test_a_refused_form_keeps_what_was_written(case: Case, first: User) -> None:
    answer = signed_in(first).post(case.get_absolute_url(), form(case, reason="unfounded"))

    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Choose a reason that fits" in html
    assert WHY in html
    assert 'value="suspend" required checked' in html


def test_the_second_of_two_moderators_is_told_who_decided(case: Case, first: User, second: User) -> None:
    seen_by_second = form(case)
    decide(first, case, Wish("dismiss", "unfounded", "Nothing in it."))

    answer = signed_in(second).post(case.get_absolute_url(), seen_by_second)

    assert answer.status_code == 409
    told = "First has decided this case meanwhile: Dismiss the reports. Nothing of yours was done."
    assert told in text(answer.content.decode())
    assert Decision.objects.get().moderator == first
    assert not ChainTransaction.objects.exists()


def test_a_report_that_came_meanwhile_has_to_be_read_first(
    case: Case, first: User, buyer: User, lantern: Design
) -> None:
    seen = form(case)
    report(reporter=buyer, design=lantern, reason="rights", statement="My photograph.")

    answer = signed_in(first).post(case.get_absolute_url(), seen)

    assert answer.status_code == 409
    assert "Something was added to this case meanwhile" in answer.content.decode()
    assert WHY in answer.content.decode()
    assert not Decision.objects.exists()
    again = signed_in(first).post(case.get_absolute_url(), form(case))
    assert again.status_code == 302
    assert not Report.objects.filter(is_open=True).exists()


@pytest.mark.django_db(transaction=True)
def test_four_decisions_in_the_same_moment_are_one(case: Case, first: User, second: User) -> None:
    def act(number: int) -> bool:
        try:
            decide_case(moderator=(first, second)[number % 2], case=case, turn=case.turn, wish=SUSPEND)
        except AlreadyDecided:
            return True
        except ModerationRefused:
            return True
        return False

    assert sorted(at_once(act)) == [False, True, True, True]
    assert Decision.objects.count() == ChainTransaction.objects.count() == 1
    assert Notification.objects.filter(kind="moderation_decision").count() == 1


def test_a_case_is_taken_by_one_and_put_back_by_them_only(case: Case, first: User, second: User) -> None:
    signed_in(first).post(reverse("moderation:take", args=[case.public_id]))
    taken = signed_in(second).post(reverse("moderation:take", args=[case.public_id]), follow=True)
    assert "Somebody else took this case" in text(taken.content.decode())
    with pytest.raises(ModerationRefused):
        release(moderator=second, case=case)
    case.refresh_from_db()
    assert case.assignee == first
    assert "First works on it" in text(page(second, case.get_absolute_url()))

    signed_in(first).post(reverse("moderation:release", args=[case.public_id]))

    case.refresh_from_db()
    assert case.assignee is None


def test_what_is_under_way_counts_as_done_and_is_taken_back_in_order(case: Case, first: User, lantern: Design) -> None:
    suspended = decide(first, case)
    again = open_case(moderator=first, design=lantern)
    assert "On chain: status active." in text(page(first, again.get_absolute_url()))
    restored = decide(first, again, Wish("restore", "mistake", "I was wrong."))

    assert restored.before["status"] == "suspended"
    assert [tx.args[1] for tx in ChainTransaction.objects.order_by("id")] == [2, 0]
    arrived(suspended, 2, block=30)
    arrived(restored, 0, block=31)
    assert "License for" in text(page(None, lantern.get_absolute_url()))
    assert "Taken down" not in text(page(None, lantern.get_absolute_url()))


def test_a_taken_down_design_says_so_to_everybody_and_why_to_its_owner(
    case: Case, first: User, lantern: Design, stranger: User
) -> None:
    decision = decide(first, case)
    arrived(decision, 2, block=30)
    rows.chain_read_to(100)

    for person in (None, stranger):
        seen = page(person, lantern.get_absolute_url())
        assert "Taken down by a moderator It is a copy of another work." in text(seen)
        assert "Not for sale: suspended" in text(seen)
        assert WHY not in seen
        assert decision.get_absolute_url() not in seen
    own = page(lantern.owner, lantern.get_absolute_url())
    assert f'href="{decision.get_absolute_url()}"' in own
    statement = text(page(lantern.owner, decision.get_absolute_url()))
    assert WHY in statement
    assert "Status: active → suspended." in statement
    assert "on chain, final" in statement
    assert "You may appeal once" in statement


@pytest.mark.parametrize("change", ["UPDATE moderation_decision SET text = 'nicer'", "DELETE FROM moderation_decision"])
def test_the_database_keeps_the_log_as_it_was_written(case: Case, first: User, change: str) -> None:
    decision = decide(first, case, Wish("dismiss", "unfounded", "Nothing in it."))

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(text="nicer")

    assert Decision.objects.get().text == "Nothing in it."


def test_the_log_shows_who_when_why_and_what_changed(case: Case, first: User, viewer: User) -> None:
    decide(first, case)

    seen = text(page(viewer, reverse("moderation:log")))

    assert "Take down · Gyroid Lantern · First ·" in seen
    assert WHY in seen
    assert "Status: active → suspended." in seen
    assert "Nothing was decided yet" in text(page(viewer, reverse("moderation:log") + "?action=contest"))


DESK = ("queue", "appeals", "log")


@pytest.mark.parametrize("who", ["nobody", "stranger", "creator", "buyer"])
def test_the_desk_is_closed_to_everyone_else(request: Any, case: Case, who: str) -> None:
    client = signed_in(None if who == "nobody" else request.getfixturevalue(who))
    addresses = [reverse(f"moderation:{name}") for name in DESK] + [case.get_absolute_url()]
    for address in addresses:
        answer = client.get(address)
        if who == "nobody":
            assert answer["Location"].startswith("/accounts/login/?next=")
        else:
            assert answer.status_code == 404
    for name, thing in (("take", case), ("release", case), ("open", case.design)):
        code = client.post(reverse(f"moderation:{name}", args=[thing.public_id])).status_code
        assert code == (302 if who == "nobody" else 404)
    client.post(case.get_absolute_url(), form(case))
    assert not Decision.objects.exists()
    assert Case.objects.get().assignee is None


def test_whoever_may_only_look_decides_nothing(case: Case, viewer: User) -> None:
    client = signed_in(viewer)
    for name in DESK:
        assert client.get(reverse(f"moderation:{name}")).status_code == 200
    seen = page(viewer, case.get_absolute_url())
    assert "You may look at cases, and not decide them." in seen
    assert 'name="action"' not in seen

    assert client.post(case.get_absolute_url(), form(case)).status_code == 403
    for name, thing in (("take", case), ("release", case), ("open", case.design)):
        assert client.post(reverse(f"moderation:{name}", args=[thing.public_id])).status_code == 403
    assert not Decision.objects.exists()
    assert Case.objects.get().assignee is None


def test_whoever_may_do_everything_decides_too(case: Case, moderator: User) -> None:
    assert moderator.is_superuser

    signed_in(moderator).post(case.get_absolute_url(), form(case))

    assert Decision.objects.get().moderator == moderator


def test_a_reporter_reads_their_own_report_only(reported: Report, buyer: User, first: User, lantern: Design) -> None:
    for person in (buyer, first, lantern.owner):
        assert signed_in(person).get(reported.get_absolute_url()).status_code == 404


def test_a_moderator_opens_a_case_that_nobody_reported(lantern: Design, first: User) -> None:
    signed_in(first).post(reverse("moderation:open", args=[lantern.public_id]))

    case = Case.objects.get()
    assert case.assignee == first
    assert "Nobody reported it" in text(page(first, case.get_absolute_url()))
    signed_in(first).post(case.get_absolute_url(), form(case))
    assert Decision.objects.get().action == "suspend"
