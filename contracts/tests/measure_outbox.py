"""How many transactions a second one key sends, and what planning one costs. Run by `script/bench outbox`.

A real worker and a real indexer work on a queue of transfers of test dollars; anvil mines each as it comes and empty
blocks beside (`--mixed-mining`).
"""

import os
import statistics
import time
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.db.models import Count, Max, Min

from config.celery import app
from config.settings.tasks import broker_url
from contracts.models import ChainCursor, ChainTransaction, SenderNonce, TransactionAttempt, TransactionHistory
from contracts.testing import FINAL_AFTER, Anvil, LiveChain
from contracts.tests.actions import TRANSFER, address, balance, plan_transfer

NUMBER = int(os.environ.get("LOOMPRINT_OUTBOX_NUMBER", "10000"))
HOLDERS = 100
WORKER = "-m celery -A config worker -Q chain,default --without-gossip --without-mingle --loglevel ERROR"
BEAT = "-m celery -A config beat --loglevel ERROR --schedule"
State = ChainTransaction.State


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    node = Anvil(tmp_path_factory.mktemp("anvil"), options=("--mixed-mining", "--block-time", "1"))
    node.start()
    yield node
    if node.running:
        node.kill()


def say(name: str, value: float) -> None:
    print(f"\nMEASURED {name} {value:.3f}")


@pytest.mark.django_db(transaction=True)
def test_a_queue_is_sent_without_gap_or_duplicate(live_chain: LiveChain) -> None:
    broker = live_chain.worker_broker()
    before = app.conf.broker_url
    app.conf.broker_url = broker_url(broker)
    try:
        _enqueue()
    finally:
        app.conf.broker_url = before
    live_chain.start("manage.py", "follow_chain", unheard=True)
    pool = ("--pool", "prefork", "--concurrency", "1")
    live_chain.start(*WORKER.split(), *pool, unheard=True, REDIS_URL=broker, C_FORCE_ROOT="1")
    live_chain.start(*BEAT.split(), str(live_chain.var / "beat"), unheard=True, REDIS_URL=broker)
    _wait(live_chain, (*ChainTransaction.IN_FLIGHT, State.PLANNED))
    sent = TransactionHistory.objects.filter(after=State.SIGNED).aggregate(first=Min("at"))["first"]
    mined = TransactionHistory.objects.filter(after=State.MINED).aggregate(last=Max("at"))["last"]
    say("tx_per_s", NUMBER / (mined - sent).total_seconds())
    live_chain.node.mine(FINAL_AFTER + 2)
    _wait(live_chain, ChainTransaction.LIVE)
    _judge(live_chain)


def _enqueue() -> None:
    calls, whole = [], []
    for number in range(NUMBER):
        began = time.perf_counter()
        with transaction.atomic():
            plan_transfer(address(f"h{number % HOLDERS}"), ref=f"queued {number}")
            planned = time.perf_counter()
        calls.append(1000 * (planned - began))
        whole.append(1000 * (time.perf_counter() - began))
    say("enqueue_p95_ms", statistics.quantiles(calls, n=20)[-1])
    say("enqueue_with_commit_p95_ms", statistics.quantiles(whole, n=20)[-1])


def _wait(live: LiveChain, states: tuple[str, ...]) -> None:
    """Until nothing is in these states any more; fails when nothing moves for two minutes."""
    left, moved = -1, time.monotonic()
    while now := ChainTransaction.objects.filter(state__in=states).count():
        if now != left:
            left, moved = now, time.monotonic()
        cursor = ChainCursor.objects.first()
        assert time.monotonic() - moved < 120, f"{now} stand still: {cursor and vars(cursor)}"
        assert all(process.poll() is None for process in live.started)
        time.sleep(0.2)


def _judge(live: LiveChain) -> None:
    assert ChainTransaction.objects.filter(kind=TRANSFER, state=State.FINAL).count() == NUMBER
    assert TransactionAttempt.objects.count() == NUMBER
    nonces = TransactionAttempt.objects.aggregate(Min("nonce"), Max("nonce"), Count("nonce", distinct=True))
    assert nonces["nonce__count"] == NUMBER == nonces["nonce__max"] - nonces["nonce__min"] + 1
    assert SenderNonce.objects.get().next_nonce == nonces["nonce__max"] + 1
    assert sum(balance(live, address(f"h{number}")) for number in range(HOLDERS)) == NUMBER
    assert live.audit() == []
