"""Gauges turn amber and red, alarms are told once, the audit leaves a row, and only whom it concerns reads of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.locks import Lock, hold
from common.testing import wait_until
from contracts.chains import chain
from contracts.indexer.daemon import Follower
from contracts.models import Alarm, AuditRun, ChainCursor, ChainEvent, KeyBalance, ReadingError
from contracts.operations.auditing import audit_all
from contracts.operations.facts import Facts, read_facts
from contracts.operations.gauges import KINDS, Gauge, duration, gauges
from contracts.operations.thresholds import Level
from contracts.operations.watching import move_alarms, read_balances, tell_operators, watch_all
from contracts.testing import LiveChain
from contracts.tests.actions import address, plan_terms, plan_transfer

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
GREEN, AMBER, RED = Level.GREEN, Level.AMBER, Level.RED
KEY = "0x" + "ab" * 20
PAGE = "/admin/operations/"


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def standing(**changes: Any) -> ChainCursor:
    fields = {"chain_id": 1, "number": 100, "head_number": 100, "reached_at": NOW, "window": 64, "sending_stopped": ""}
    return ChainCursor(**{**fields, **changes})


def audited(differences: int, ended_at: datetime = NOW) -> AuditRun:
    return AuditRun(differences=differences, ended_at=ended_at)


def coins(wei: int, read_at: datetime = NOW) -> tuple[KeyBalance, ...]:
    return (KeyBalance(address=KEY, wei=wei, read_at=read_at),)


CASES: list[tuple[str, Level, dict[str, Any]]] = [
    ("node_silence_seconds", GREEN, {"cursor": standing(reached_at=ago(seconds=14))}),
    ("node_silence_seconds", AMBER, {"cursor": standing(reached_at=ago(seconds=15))}),
    ("node_silence_seconds", RED, {"cursor": standing(reached_at=ago(seconds=120))}),
    ("node_silence_seconds", AMBER, {}),
    ("lag_blocks", GREEN, {"cursor": standing(head_number=119)}),
    ("lag_blocks", AMBER, {"cursor": standing(head_number=120)}),
    ("lag_blocks", RED, {"cursor": standing(head_number=300)}),
    ("lag_blocks", GREEN, {"cursor": standing(head_number=90)}),
    ("head_block", GREEN, {"cursor": standing()}),
    ("window_blocks", GREEN, {"cursor": standing(window=2)}),
    ("window_blocks", AMBER, {"cursor": standing(window=1)}),
    ("reading_errors", GREEN, {"errors": 2}),
    ("reading_errors", AMBER, {"errors": 3}),
    ("reading_errors", RED, {"errors": 20}),
    ("endpoints_resting", GREEN, {"cursor": standing(endpoints=[{"name": "a", "faults": 0, "error": ""}])}),
    ("endpoints_resting", AMBER, {"cursor": standing(endpoints=[{"name": "a", "faults": 2, "error": "429"}])}),
    ("sending_stopped", GREEN, {"cursor": standing()}),
    ("sending_stopped", RED, {"cursor": standing(sending_stopped="The chain stands behind.")}),
    ("planned_transactions", GREEN, {"planned": 19_999}),
    ("planned_transactions", AMBER, {"planned": 20_000}),
    ("planned_transactions", RED, {"planned": 100_000}),
    ("planned_age_seconds", GREEN, {}),
    ("planned_age_seconds", AMBER, {"planned_since": ago(seconds=120)}),
    ("planned_age_seconds", RED, {"planned_since": ago(seconds=900)}),
    ("in_flight_transactions", GREEN, {"in_flight": 5000}),
    ("in_flight_age_seconds", GREEN, {"in_flight_since": ago(seconds=179)}),
    ("in_flight_age_seconds", AMBER, {"in_flight_since": ago(seconds=180)}),
    ("in_flight_age_seconds", RED, {"in_flight_since": ago(seconds=900)}),
    ("refused_transactions", GREEN, {}),
    ("refused_transactions", RED, {"refused": 2, "refused_reason": "intrinsic gas too low"}),
    ("failed_transactions", GREEN, {"failed": 0}),
    ("failed_transactions", AMBER, {"failed": 1}),
    ("failed_transactions", RED, {"failed": 25}),
    ("undelivered_outcomes", GREEN, {}),
    ("undelivered_outcomes", RED, {"undelivered": 1}),
    ("key_balance_coins", GREEN, {"balances": coins(5 * 10**17 + 1)}),
    ("key_balance_coins", AMBER, {"balances": coins(5 * 10**17)}),
    ("key_balance_coins", RED, {"balances": coins(10**17)}),
    ("balances_age_seconds", AMBER, {}),
    ("balances_age_seconds", GREEN, {"balances": coins(1, ago(seconds=179))}),
    ("balances_age_seconds", RED, {"balances": coins(1, ago(seconds=900))}),
    ("audit_age_seconds", AMBER, {}),
    ("audit_age_seconds", GREEN, {"audit": audited(0, ago(hours=25))}),
    ("audit_age_seconds", AMBER, {"audit": audited(0, ago(hours=26))}),
    ("audit_age_seconds", RED, {"audit": audited(0, ago(hours=50))}),
    ("audit_age_seconds", RED, {"audits_since": ago(hours=50)}),
    ("audit_differences", GREEN, {"audit": audited(0)}),
    ("audit_differences", RED, {"audit": audited(1)}),
]


@pytest.mark.parametrize(("kind", "level", "facts"), CASES)
def test_a_gauge_turns_at_its_thresholds(kind: str, level: Level, facts: dict[str, Any], settings: Any) -> None:
    settings.CHAIN_STUCK_SECONDS = 60
    (gauge,) = [gauge for gauge in gauges(Facts(NOW, **facts)) if gauge.kind == kind]
    assert gauge.level == level
    assert bool(gauge.advice) == (level != GREEN)


def test_every_gauge_is_tried_and_is_in_the_handbook() -> None:
    assert {kind for kind, _level, _facts in CASES} == set(KINDS)
    handbook = Path("docs/operations/README.md").read_text()
    assert [kind for kind in KINDS if f'id="alarm-{kind}"' not in handbook] == []


def test_values_are_written_for_people() -> None:
    (gauge,) = [g for g in gauges(Facts(NOW, balances=coins(1_234_567_890_000_000_000))) if g.address]
    assert gauge.text == "1.234567 ETH"
    (gauge,) = [
        g for g in gauges(Facts(NOW, refused=2, refused_reason="tx too cheap")) if g.kind == "refused_transactions"
    ]
    assert gauge.text == "2: tx too cheap"
    assert [duration(n) for n in (40, 750, 18_000, 260_000)] == ["40 s", "12 min", "5 h", "3 days"]


def level_of(name: str) -> tuple[str, str]:
    alarm = Alarm.objects.get(name=name)
    return alarm.level, alarm.told_level


def turned(level: Level) -> list[Gauge]:
    return [Gauge("lag_blocks", 300, "300", level)]


@pytest.fixture
def operators(settings: Any) -> None:
    settings.ADMINS = [("ops@example.org", "ops@example.org")]


@pytest.mark.usefixtures("operators")
def test_red_and_green_again_are_told_once(caplog: Any) -> None:
    here = chain()
    for level in (GREEN, AMBER, RED, RED, AMBER, RED, GREEN, GREEN):
        move_alarms(here, turned(level))
        tell_operators(here)
    assert [message.subject for message in mail.outbox] == [
        "[Loomprint] 1 alarm on chain public",
        "[Loomprint] Alarms are over on chain public",
    ]
    assert mail.outbox[0].to == ["ops@example.org"]
    assert "Blocks not read yet: 300 (red, " in mail.outbox[0].body
    assert "/admin/operations/" in mail.outbox[0].body
    logged = [record.msg["event"] for record in caplog.records]
    assert logged == ["alarm_amber", "alarm_red", "alarm_amber", "alarm_red", "alarm_green"]
    move_alarms(here, [])
    assert not Alarm.objects.exists()


@pytest.mark.usefixtures("operators")
def test_an_alarm_is_told_later_when_the_mail_server_is_away(settings: Any) -> None:
    move_alarms(chain(), turned(RED))
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    tell_operators(chain())
    assert level_of("lag_blocks") == (RED, GREEN)
    settings.EMAIL_BACKEND = working
    tell_operators(chain())
    assert (level_of("lag_blocks"), len(mail.outbox)) == ((RED, RED), 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("operators")
def test_of_two_that_watch_at_once_one_tells() -> None:
    def look(_number: int) -> None:
        try:
            move_alarms(chain(), turned(RED))
            tell_operators(chain())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(look, range(12)))
    assert (level_of("lag_blocks"), len(mail.outbox)) == ((RED, RED), 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("operators")
def test_an_alarm_is_told_again_by_the_next_when_a_worker_dies_just_after_mailing(live_chain: LiveChain) -> None:
    move_alarms(live_chain.chain, turned(RED))
    tell = "from contracts.operations.watching import *; tell_operators(chains()[0])"
    code, output = live_chain.manage("shell", "-c", tell, kill_at="operations.mailed")
    assert (code, level_of("lag_blocks")) == (-9, (RED, GREEN)), output

    def told() -> bool:
        tell_operators(live_chain.chain)
        return level_of("lag_blocks") == (RED, RED)

    # PostgreSQL may take a moment to miss the dead, whose rows are skipped until then.
    wait_until(told, seconds=20, what="the alarm is told")
    assert len(mail.outbox) == 1


def test_balances_of_keys_that_send_are_read(live_chain: LiveChain) -> None:
    KeyBalance.objects.create(chain_id=live_chain.chain.chain_id, address=KEY, wei=1, read_at=ago(days=1))
    for wei in (10**17, 7 * 10**18):
        live_chain.node.rpc("anvil_setBalance", live_chain.operator, hex(wei))
        read_balances(live_chain.chain)
        assert list(KeyBalance.objects.values_list("address", "wei")) == [(live_chain.operator, wei)]
    live_chain.node.rpc("anvil_setBalance", live_chain.operator, "0x0")
    live_chain.follow()
    watch_all()
    assert level_of(f"key_balance_coins:{live_chain.operator}")[0] == RED
    assert level_of("lag_blocks")[0] == GREEN


def test_a_node_that_is_away_is_counted_and_the_rest_is_watched(live_chain: LiveChain) -> None:
    live_chain.follow()
    live_chain.node.kill()
    ReadingError.objects.create(chain_id=live_chain.chain.chain_id, at=timezone.now() - timedelta(days=2), error="old")
    follower = Follower(live_chain.chain)
    for _time in range(3):
        follower._pause_after_step()
    watch_all()
    assert level_of("reading_errors")[0] == AMBER
    assert [error.error.startswith("The node") for error in ReadingError.objects.all()] == [True] * 3


def test_the_nightly_audit_finds_a_difference(live_chain: LiveChain) -> None:
    plan_terms("a")
    live_chain.settle()
    audit_all()
    clean = AuditRun.objects.get()
    assert (clean.differences, clean.lines, clean.error) == (0, [], "")
    assert clean.block_number == ChainCursor.objects.get().number
    ChainEvent.objects.filter(name="TermsDefined").delete()
    AuditRun.objects.create(chain_id=1, began_at=timezone.now() - timedelta(days=91))
    audit_all()
    found = AuditRun.objects.first()
    assert found is not None
    assert found.differences
    assert [line for line in found.lines if "is not in the database" in line]
    watch_all()
    assert level_of("audit_differences")[0] == RED
    assert AuditRun.objects.count() == 2
    with pytest.raises(CommandError, match="differences between database and chain"):
        call_command("audit")
    assert AuditRun.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_audits_are_not_made_at_once_and_one_that_fails_is_kept(live_chain: LiveChain) -> None:
    live_chain.follow()

    def other() -> str:
        try:
            call_command("audit")
        except CommandError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        hold(Lock.AUDIT, live_chain.chain.chain_id)
        assert (
            threads.submit(other).result() == "Another process makes an audit of this chain: wait until it has ended."
        )
    assert not AuditRun.objects.exists()
    first = AuditRun.objects.create(chain_id=live_chain.chain.chain_id, began_at=timezone.now())
    assert read_facts(live_chain.chain).audits_since == first.began_at
    first.delete()
    call_command("audit")
    live_chain.node.kill()
    audit_all()
    failed, made = AuditRun.objects.all()
    assert (made.differences, failed.differences) == (0, None)
    assert failed.error.startswith("The node")
    assert failed.ended_at is not None


def permitted(user: User) -> Client:
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_chaincursor"))
    browser = Client()
    browser.force_login(user)
    return browser


def test_the_page_is_for_staff_who_may_see_the_cursor(creator: User, stranger: User) -> None:
    assert Client().get(PAGE)["Location"].startswith("/admin/login/?next=")
    browser = Client()
    browser.force_login(stranger)
    assert browser.get(PAGE)["Location"].startswith("/admin/login/?next=")
    stranger.is_staff = True
    stranger.save()
    assert browser.get(PAGE).status_code == 403
    assert PAGE.encode() not in browser.get(reverse("admin:index")).content
    allowed = permitted(creator)
    page = allowed.get(PAGE).content.decode()
    assert ('http-equiv="refresh"' in page, "never made" in page) == (True, True)
    assert 'http-equiv="refresh"' not in allowed.get(PAGE + "?still").content.decode()
    assert allowed.post(PAGE).status_code == 405
    assert PAGE.encode() in allowed.get(reverse("admin:index")).content


def questions(browser: Client, address: str, **headers: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert browser.get(address, headers=headers).status_code == 200
    return len(asked)


def test_page_and_figures_ask_as_often_whatever_there_is(live_chain: LiveChain, settings: Any, creator: User) -> None:
    settings.METRICS_TOKEN = "t"
    browser = permitted(creator)
    few = questions(browser, PAGE), questions(Client(), "/metrics/", authorization="Bearer t")
    plan_transfer(address("a"))
    live_chain.settle()
    here, now = live_chain.chain.chain_id, timezone.now()
    for number in range(20):
        plan_transfer(address(f"b{number}"))
        ReadingError.objects.create(chain_id=here, at=now, error="<b>bad</b>")
        KeyBalance.objects.create(chain_id=here, address=address(f"k{number}"), wei=number, read_at=now)
        AuditRun.objects.create(
            chain_id=here, began_at=now, ended_at=now, block_number=1, differences=2, lines=["contracts.events: x"] * 99
        )
    watch_all()
    live_chain.node.kill()
    many = questions(browser, PAGE), questions(Client(), "/metrics/", authorization="Bearer t")
    assert many == few
    page = browser.get(PAGE).content.decode()
    assert ("&lt;b&gt;bad" in page, "found 2 differences" in page) == (True, True)


def test_figures_are_for_who_knows_the_token(settings: Any) -> None:
    assert Client().get("/metrics/").status_code == 404
    assert Client().get("/metrics/", headers={"authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = "a secret ☃"
    for said in ("", "Bearer", "Bearer a secret", "Token a secret ☃", "bearer a secret ☃"):
        answer = Client().get("/metrics/", headers={"authorization": said})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    settings.METRICS_TOKEN = "secret"
    ChainCursor.objects.create(
        chain_id=chain().chain_id, number=7, hash="0x" + "0" * 64, head_number=9, finalized_number=7, finalized_hash=""
    )
    KeyBalance.objects.create(chain_id=chain().chain_id, address=KEY, wei=15 * 10**17, read_at=timezone.now())
    answer = Client().get("/metrics/", headers={"authorization": "Bearer secret"})
    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/plain")
    assert 'loomprint_lag_blocks{address="",chain="public"} 2.0' in lines
    assert f'loomprint_key_balance_coins{{address="{KEY}",chain="public"}} 1.5' in lines
    assert 'loomprint_level{address="",chain="public",gauge="audit_age_seconds"} 1.0' in lines
