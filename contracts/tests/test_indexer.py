"""What was read is what a fresh read gives, whatever the chain did meanwhile."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from eth_account import Account

from contracts import artifacts, decoding, hooks
from contracts.chains import chain
from contracts.client import client
from contracts.errors import ChainUnavailable, InconsistentNode
from contracts.indexer import follow, following
from contracts.indexer.beside import reindex_beside
from contracts.indexer.daemon import Follower
from contracts.indexer.reading import in_bloom
from contracts.indexer.rebuilding import reindex
from contracts.models import ChainBlock, ChainCursor, ChainEvent, ChainTransaction, ReadingError
from contracts.selectors import confirmation_status, is_confirmed, sync_status
from contracts.testing import FINAL_AFTER, LOCAL_CHAIN_ID, LiveChain
from contracts.testing_proxy import BLOCK, FailingNode, Fault, Json
from contracts.tests.actions import address, key, plan_terms, plan_transfer, terms_hash_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def projected() -> Iterator[list[str]]:
    """Names that the projection of TermsDefined was called with."""
    seen: list[str] = []
    handlers = hooks._projections.setdefault(("DesignLicenses", "TermsDefined"), [])
    before = list(handlers)

    def see(event: hooks.Event) -> list[Any]:
        seen.append(event.text("uri").rsplit("/")[-1])
        return []

    handlers[:] = [hooks.Projection(see)]
    yield seen
    handlers[:] = before


def terms() -> list[str]:
    """Terms that are read, in chain order."""
    rows = ChainEvent.objects.filter(name="TermsDefined").values_list("args__uri", flat=True)
    return [uri.rsplit("/")[-1] for uri in rows]


def rows() -> list[tuple[Any, ...]]:
    """Everything that was read, without row ids."""
    return list(
        ChainEvent.objects.values_list(
            "block__number",
            "block__hash",
            "log_index",
            "contract",
            "name",
            "args",
            "transaction_hash",
            "topics",
            "data",
        )
    )


def test_events_are_decoded_and_projected_in_log_order(live_chain: LiveChain, projected: list[str]) -> None:
    for name in ("one", "two", "three"):
        plan_terms(name)
    live_chain.settle()
    assert terms() == projected == ["one", "two", "three"]
    event = ChainEvent.objects.filter(name="TermsDefined").first()
    assert event is not None
    assert event.args == {
        "terms": terms_hash_of("one"),
        "textHash": "0x" + key("one").hex(),
        "facts": {
            "transferable": True,
            "revocable": False,
            "exclusive": False,
            "derivatives": False,
            "binding": False,
            "laterVersions": False,
            "derivativePpm": "0",
            "resalePpm": "0",
            "period": "0",
            "units": "0",
        },
        "uri": "https://terms.example/one",
    }
    assert event.contract == "DesignLicenses"
    cursor = ChainCursor.objects.get()
    assert cursor.number == live_chain.node.head
    assert live_chain.audit() == []


def test_a_second_step_finds_nothing_new(live_chain: LiveChain, projected: list[str]) -> None:
    plan_terms("one")
    live_chain.settle()
    before = rows()
    assert follow(live_chain.chain).moved is False
    assert rows() == before
    assert projected == ["one"]


def test_a_projection_that_raises_leaves_nothing_of_its_window(live_chain: LiveChain) -> None:
    live_chain.follow()
    cursor = ChainCursor.objects.get()
    handlers = hooks._projections.setdefault(("DesignLicenses", "TermsDefined"), [])

    def rows_of(event: hooks.Event) -> list[Any]:
        raise ValueError("broken projection")

    broken = hooks.Projection(rows_of)
    handlers.append(broken)
    try:
        plan_terms("one")
        live_chain.sweep()
        with pytest.raises(ValueError, match="broken projection"), transaction.atomic():
            follow(live_chain.chain)
    finally:
        handlers.remove(broken)
    assert ChainCursor.objects.get().number == cursor.number
    assert terms() == []
    live_chain.follow()
    assert terms() == ["one"]


def test_a_projection_that_the_database_refuses_is_named(live_chain: LiveChain, caplog: Any) -> None:
    handlers = hooks._projections.setdefault(("DesignLicenses", "TermsDefined"), [])
    broken = hooks.Projection(lambda _event: [ReadingError(chain_id=1, error="without a time")])
    handlers.append(broken)
    plan_terms("one")
    try:
        live_chain.follow()
        live_chain.sweep()
        Follower(live_chain.chain)._pause_after_step()
    finally:
        handlers.remove(broken)
    assert "null value" in ChainCursor.objects.get().last_error
    assert [record.msg["event"] for record in caplog.records].count("step_failed") == 1


@pytest.fixture
def without_abi(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """No event of the licenses is known, until it is called."""
    known = artifacts.events

    def give_back() -> None:
        monkeypatch.setattr(artifacts, "events", known)
        decoding._tables.cache_clear()

    monkeypatch.setattr(artifacts, "events", lambda name: {} if name == "DesignLicenses" else known(name))
    decoding._tables.cache_clear()
    yield give_back
    give_back()


def test_an_event_without_an_abi_is_kept_raw_and_decoded_once_there_is_one(
    live_chain: LiveChain, without_abi: Callable[[], None]
) -> None:
    deployed = live_chain.node.head
    plan_terms("one")
    live_chain.settle()
    event = ChainEvent.objects.get(contract="DesignLicenses", block__number__gt=deployed)
    assert (event.name, event.args) == ("", {})
    assert event.topics[1] == terms_hash_of("one")
    assert live_chain.audit() == []
    without_abi()
    reindex_beside(live_chain.chain, repair=True, say=lambda _line: None)
    event = ChainEvent.objects.get(name="TermsDefined")
    assert (event.args["terms"], event.args["uri"]) == (terms_hash_of("one"), "https://terms.example/one")
    assert (terms(), live_chain.audit()) == (["one"], [])


def test_a_reorganization_takes_back_what_it_dropped_and_the_outbox_sends_it_again(
    live_chain: LiveChain, projected: list[str]
) -> None:
    plan_terms("kept")
    live_chain.settle()
    live_chain.node.mine(4)
    dropped = plan_terms("dropped")
    paid = plan_transfer(address("a"), amount=9)
    live_chain.settle()
    assert terms() == ["kept", "dropped"]
    live_chain.node.reorg(3)
    live_chain.follow()
    assert terms() == ["kept"]
    live_chain.sweep()
    live_chain.settle()
    dropped.refresh_from_db()
    paid.refresh_from_db()
    assert (dropped.state, paid.state) == ("mined", "mined")
    assert dropped.attempts.count() == paid.attempts.count() == 1
    assert terms() == ["kept", "dropped"]
    assert "its block was reorganized away" in dropped.history.values_list("note", flat=True)
    assert live_chain.audit() == []


def test_rows_after_a_reorganization_equal_those_of_a_fresh_read(live_chain: LiveChain) -> None:
    for name in ("one", "two"):
        plan_terms(name)
        live_chain.settle()
        live_chain.node.mine(2)
    live_chain.node.reorg(4)
    plan_terms("three")
    live_chain.follow()
    live_chain.sweep()
    live_chain.settle()
    incremental = rows()
    reindex(live_chain.chain, say=lambda line: None)
    assert rows() == incremental
    assert sorted(terms()) == ["one", "three", "two"]


def test_a_reorganization_that_orders_anew_moves_an_event_and_its_transaction(live_chain: LiveChain) -> None:
    """On the new branch a stranger's transaction is before ours, in the same block."""
    stranger = Account.create()
    live_chain.node.rpc("anvil_setBalance", stranger.address, hex(10**20))
    plan_terms("kept")
    live_chain.settle()
    live_chain.node.mine(2)
    moved = plan_terms("moved")
    live_chain.settle()
    before = ChainEvent.objects.values("transaction_index", "log_index", "block__hash").get(args__uri__endswith="moved")
    attempt = moved.attempts.get()
    transfer = {
        "to": address("a"),
        "value": 1,
        "gas": 21_000,
        "gasPrice": 10**12,
        "nonce": 0,
        "chainId": LOCAL_CHAIN_ID,
    }
    first = stranger.sign_transaction(transfer).raw_transaction
    live_chain.node.reorg(3, ("0x" + first.hex(), 0), ("0x" + bytes(attempt.raw).hex(), 0))
    live_chain.settle()
    after = ChainEvent.objects.values("transaction_index", "log_index", "block__hash").get(args__uri__endswith="moved")
    assert (before["transaction_index"], after["transaction_index"]) == (0, 1)
    assert after["block__hash"] != before["block__hash"]
    moved.refresh_from_db()
    assert (moved.state, moved.block_hash, moved.attempts.count()) == ("mined", after["block__hash"], 1)
    assert (terms(), live_chain.audit()) == (["kept", "moved"], [])


def test_a_reorganization_below_the_final_block_stops_all_sending(live_chain: LiveChain) -> None:
    plan_terms("one")
    live_chain.finalize()
    before = rows()
    live_chain.node.stop()
    live_chain.node.state_file.unlink()
    live_chain.node.start()
    follow(live_chain.chain)
    assert rows() == before
    status = sync_status(chain())
    assert "stands behind block" in status.sending_stopped
    assert "manage.py repair_local_chain" in status.sending_stopped
    plan_transfer(address("a"))
    with pytest.raises(Exception, match="stands behind"):
        live_chain.sweep()
    assert ChainTransaction.objects.get(kind="test_transfer").state == "planned"


def told_final(answer: Callable[[Json], Json]) -> Fault:
    """A node that answers otherwise which block is final."""

    def change(asked: Json, said: Json) -> Json:
        return answer(said) if asked["params"][:1] == ["finalized"] else said

    return Fault("final", lambda line: line.each(change)).only(BLOCK)


def refused(said: Json) -> Json:
    return {"jsonrpc": "2.0", "id": said["id"], "error": {"code": -32005, "message": "rate limit exceeded"}}


def null(said: Json) -> Json:
    return {**said, "result": None}


@pytest.mark.parametrize("answer", [refused, null])
def test_a_chain_without_final_blocks_has_them_at_a_depth(
    live_chain: LiveChain, failing_node: FailingNode, settings: Any, answer: Callable[[Json], Json]
) -> None:
    settings.CHAIN_FINALITY_DEPTH = 10
    failing_node.fail(told_final(answer))
    for _time in range(2):
        live_chain.node.mine(5)
        live_chain.follow()
        cursor = ChainCursor.objects.get()
        assert (cursor.finalized_number, cursor.tells_finality) == (live_chain.node.head - 10, False)
    header = client(live_chain.chain).header(cursor.finalized_number)
    assert header is not None
    assert cursor.finalized_hash == header.hash


@pytest.mark.parametrize("answer", [refused, null])
def test_without_a_depth_nothing_is_read_until_a_final_block_is_told(
    live_chain: LiveChain, failing_node: FailingNode, settings: Any, answer: Callable[[Json], Json]
) -> None:
    """The first answer of all may be a refusal too."""
    settings.CHAIN_FINALITY_DEPTH = 0
    live_chain.node.mine(70)
    failing_node.fail(told_final(answer))
    with pytest.raises(InconsistentNode, match="CHAIN_FINALITY_DEPTH must say"):
        follow(live_chain.chain)
    cursor = ChainCursor.objects.get()
    assert cursor.number == cursor.finalized_number == live_chain.chain.deployment.deployed_block - 1
    failing_node.heal()
    live_chain.follow()
    assert ChainCursor.objects.get().finalized_number == live_chain.node.head - FINAL_AFTER


@pytest.mark.parametrize("answer", [refused, null])
def test_a_chain_that_told_a_final_block_has_none_at_a_depth(
    live_chain: LiveChain,
    failing_node: FailingNode,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[Json], Json],
) -> None:
    settings.CHAIN_FINALITY_DEPTH = 10
    monkeypatch.setattr(following, "FIRST_PAUSE_SECONDS", 0.01)
    live_chain.node.mine(70)
    live_chain.follow()
    before = ChainCursor.objects.values("number", "finalized_number", "finalized_hash").get()
    failing_node.fail(told_final(answer))
    for ask in (follow, follow, lambda chain: reindex(chain, say=lambda _line: None)):
        with pytest.raises(InconsistentNode, match="does not tell which block is final"):
            ask(live_chain.chain)
        assert ChainCursor.objects.values("number", "finalized_number", "finalized_hash").get() == before
        live_chain.node.mine()
    failing_node.heal()
    live_chain.follow()
    assert ChainCursor.objects.get().finalized_number == live_chain.node.head - FINAL_AFTER


def test_blocks_without_events_are_kept_only_while_they_may_change(live_chain: LiveChain) -> None:
    plan_terms("one")
    live_chain.settle()
    for _round in range(4):
        live_chain.node.mine(60)
        live_chain.follow()
    head = ChainCursor.objects.get().number
    empty = ChainBlock.objects.filter(has_events=False).values_list("number", flat=True)
    assert min(empty) >= head - 130
    assert ChainBlock.objects.filter(has_events=True).count() == len({row[0] for row in rows()})


def test_an_unreachable_chain_is_said_and_pages_still_read(live_chain: LiveChain) -> None:
    plan_terms("one")
    live_chain.settle()
    live_chain.node.stop()
    with pytest.raises(ChainUnavailable):
        follow(live_chain.chain)
    assert sync_status(chain()).indexed == ChainCursor.objects.get().number
    live_chain.node.start()
    live_chain.node.mine()
    live_chain.follow()
    assert ChainCursor.objects.get().number == live_chain.node.head


def test_status_counts_confirmations_and_ends_final(live_chain: LiveChain) -> None:
    plan_terms("one")
    live_chain.sweep()
    live_chain.follow()
    block = ChainEvent.objects.get(name="TermsDefined").block.number
    status = confirmation_status(block, chain())
    assert (status.code, status.label, status.confirmations) == ("mined", "in a block (1 of 2)", 1)
    assert not is_confirmed(block, chain())
    live_chain.node.mine()
    live_chain.follow()
    assert is_confirmed(block, chain())
    assert confirmation_status(block, chain()).code == "mined"
    live_chain.node.mine(64)
    live_chain.follow()
    assert confirmation_status(block, chain()).code == "final"
    assert confirmation_status(None, chain()).code == "none"


def test_every_block_with_our_logs_shows_in_its_bloom(live_chain: LiveChain) -> None:
    """A lagging node that leaves logs out is found out by this, so it must never miss one."""
    node = client(live_chain.chain)
    addresses = sorted(live_chain.chain.deployment.followed)
    logs = node.logs(0, live_chain.node.head, addresses)
    assert logs
    for log in logs:
        header = node.header(log.block_number)
        assert header is not None
        assert in_bloom(header.bloom, log.address)


def test_logs_that_a_node_left_out_are_read_by_block(live_chain: LiveChain, monkeypatch: pytest.MonkeyPatch) -> None:
    node = client(live_chain.chain)
    live_chain.follow()
    plan_terms("one")
    live_chain.sweep()
    monkeypatch.setattr(node, "logs", lambda first, last, addresses: [])
    live_chain.follow()
    assert terms() == ["one"]
