"""Real processes killed at every step, nodes stopped and rewound: nothing is lost, nothing is done twice."""

import signal
import subprocess
import time

import pytest

from common.testing import wait_until
from contracts.chains import read_deployment
from contracts.client import client
from contracts.models import ChainCursor, ChainEvent, ChainTransaction, SenderNonce
from contracts.outbox.states import advance
from contracts.selectors import sync_status
from contracts.testing import LiveChain
from contracts.tests.actions import address, balance, plan_terms, plan_transfer

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
KILLED = -signal.SIGKILL


def say_of(process: "subprocess.Popen[bytes]") -> str:
    output, _ = process.communicate(timeout=30)
    return output.decode(errors="replace")


def send_message(broker: str, sender: str) -> None:
    """The nudge of `enqueue`, to a worker of this test alone."""
    from celery import Celery

    from config.settings.tasks import broker_url

    app = Celery(broker=broker_url(broker), set_as_current=False)  # our tasks stay with our own app
    app.send_task("contracts.tasks.send_planned", args=["public", sender], queue="chain")
    app.close()


def test_a_sender_killed_at_every_step_of_a_payment_pays_once(live_chain: LiveChain) -> None:
    """One process after the other dies on the way of the same payment, and each next one goes on from there."""
    live_chain.node.automine(False)
    tx = plan_transfer(address("a"), amount=5)

    def killed_at(point: str, **changes: str) -> tuple[str, int]:
        """State and number of signed forms after a sender died there."""
        process = live_chain.start("manage.py", "sweep", LOOMPRINT_KILL_AT=point, **changes)
        assert process.wait(timeout=60) == KILLED, point
        tx.refresh_from_db()
        return tx.state, tx.attempts.count()

    assert killed_at("outbox.before_storing") == (State.PLANNED, 0)
    assert not SenderNonce.objects.exists()
    assert killed_at("outbox.stored") == (State.SIGNED, 1)
    assert not client(live_chain.chain).known([tx.attempts.get().hash])
    assert killed_at("outbox.broadcast") == (State.SIGNED, 1)
    assert client(live_chain.chain).known([tx.attempts.get().hash])
    live_chain.sweep()
    assert killed_at("outbox.replaced", CHAIN_STUCK_SECONDS="0") == (State.REPLACED, 2)
    live_chain.node.mine()
    assert killed_at("outbox.mined") == (State.MINED, 2)
    live_chain.node.mine(70)
    live_chain.follow()
    assert killed_at("outbox.final") == (State.FINAL, 2)

    live_chain.node.automine(True)
    live_chain.finalize()
    assert balance(live_chain, address("a")) == 5
    assert live_chain.audit() == []


def test_a_sender_killed_while_it_fills_a_gap_fills_it_once(live_chain: LiveChain) -> None:
    live_chain.node.automine(False)
    lost = plan_transfer(address("lost"))
    live_chain.sweep()
    lost.refresh_from_db()
    live_chain.node.rpc("anvil_dropTransaction", lost.transaction_hash)
    plan_transfer(address("later"))
    assert advance(lost, [State.BROADCAST], State.CANCELED, "an operator canceled it")
    code, output = live_chain.manage("sweep", kill_at="outbox.gap")
    assert code == KILLED, output
    assert not ChainTransaction.objects.filter(kind="fill_nonce").exists()
    live_chain.node.automine(True)
    live_chain.finalize()
    assert ChainTransaction.objects.get(kind="fill_nonce").nonce == lost.nonce
    assert (balance(live_chain, address("lost")), balance(live_chain, address("later"))) == (0, 1)
    assert live_chain.audit() == []


def test_a_worker_killed_with_the_message_in_its_hands_loses_nothing(live_chain: LiveChain) -> None:
    """The message dies with the worker; the row does not, and the sweeper finds it."""
    broker = live_chain.worker_broker()
    tx = plan_transfer(address("a"), amount=5)
    send_message(broker, live_chain.operator)
    words = ("-m", "celery", "-A", "config", "worker", "-Q", "chain", "--pool", "solo", "--loglevel", "WARNING")
    worker = live_chain.start(*words, REDIS_URL=broker, LOOMPRINT_KILL_AT="outbox.stored", C_FORCE_ROOT="1")
    assert worker.wait(timeout=90) == KILLED
    tx.refresh_from_db()
    assert (tx.state, balance(live_chain, address("a"))) == (State.SIGNED, 0)
    live_chain.finalize()
    tx.refresh_from_db()
    assert (tx.state, tx.attempts.count(), balance(live_chain, address("a"))) == (State.FINAL, 1, 5)
    assert live_chain.audit() == []


@pytest.mark.parametrize(
    "point", [pytest.param("indexer.before_projection", marks=pytest.mark.long), "indexer.before_commit"]
)
def test_an_indexer_killed_in_its_transaction_leaves_all_or_nothing(live_chain: LiveChain, point: str) -> None:
    live_chain.follow()
    before = ChainCursor.objects.get().number
    plan_terms("one")
    live_chain.sweep()
    code, output = live_chain.manage("follow_chain", kill_at=point)
    assert code == KILLED, output
    assert ChainCursor.objects.get().number == before
    assert not ChainEvent.objects.filter(name="TermsDefined").exists()
    live_chain.follow()
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1
    assert live_chain.audit() == []


def test_an_indexer_killed_while_it_takes_blocks_back_leaves_all_or_nothing(live_chain: LiveChain) -> None:
    live_chain.node.mine(3)
    plan_terms("one")
    live_chain.settle()
    at = ChainCursor.objects.get()
    live_chain.node.reorg(2)
    live_chain.node.mine()
    code, output = live_chain.manage("follow_chain", kill_at="indexer.rolling_back")
    assert code == KILLED, output
    assert (ChainCursor.objects.get().hash, ChainEvent.objects.filter(name="TermsDefined").count()) == (at.hash, 1)
    live_chain.follow()
    assert not ChainEvent.objects.filter(name="TermsDefined").exists()
    live_chain.finalize()
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1
    assert live_chain.audit() == []


def test_two_senders_at_once_send_each_action_once(live_chain: LiveChain) -> None:
    for number in range(12):
        plan_transfer(address(f"h{number}"), amount=number + 1)
    processes = [live_chain.start("manage.py", "sweep") for _ in range(2)]
    assert [process.wait(timeout=90) for process in processes] == [0, 0]
    live_chain.finalize()
    paid = [balance(live_chain, address(f"h{number}")) for number in range(12)]
    assert paid == list(range(1, 13))
    assert set(ChainTransaction.objects.values_list("state", flat=True)) == {State.FINAL}
    nonces = sorted(ChainTransaction.objects.values_list("nonce", flat=True))
    assert nonces == list(range(nonces[0], nonces[0] + 12))
    assert SenderNonce.objects.get().next_nonce == nonces[-1] + 1
    assert live_chain.audit() == []


def test_two_indexers_at_once_read_each_event_once_and_stop_when_told(live_chain: LiveChain) -> None:
    indexers = [live_chain.start("manage.py", "follow_chain", until=b"following") for _ in range(2)]
    for number in range(6):
        plan_terms(f"t{number}")
        live_chain.sweep()
    wait_until(lambda: ChainEvent.objects.filter(name="TermsDefined").count() == 6)
    for process in indexers:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=20) for process in indexers] == [0, 0]
    live_chain.follow()
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 6
    assert live_chain.audit() == []


@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=pytest.mark.long)], ids=["a moment", "a minute"])
def test_the_indexer_outlives_a_node_that_stops_and_starts(live_chain: LiveChain, seconds: float) -> None:
    indexer = live_chain.start("manage.py", "follow_chain", until=b"following")
    wait_until(lambda: ChainCursor.objects.exists())
    tx = plan_terms("before")
    live_chain.sweep()
    wait_until(lambda: ChainEvent.objects.filter(name="TermsDefined").count() == 1)
    live_chain.node.stop()
    waiting = plan_terms("while it is away")
    code, output = live_chain.manage("sweep")
    assert code == 1
    assert "cannot be reached" in output
    waiting.refresh_from_db()
    assert waiting.state == State.PLANNED
    wait_until(lambda: "cannot be reached" in ChainCursor.objects.get().last_error)
    time.sleep(seconds)
    live_chain.node.start()
    live_chain.sweep()
    wait_until(lambda: ChainEvent.objects.filter(name="TermsDefined").count() == 2)
    indexer.send_signal(signal.SIGTERM)
    assert indexer.wait(timeout=20) == 0
    live_chain.finalize()
    tx.refresh_from_db()
    waiting.refresh_from_db()
    assert (tx.state, waiting.state) == (State.FINAL, State.FINAL)
    assert live_chain.audit() == []


def test_a_reorganization_of_depth_3_while_the_indexer_runs_is_read_and_sent_again(live_chain: LiveChain) -> None:
    indexer = live_chain.start("manage.py", "follow_chain", until=b"following")
    live_chain.node.mine(6)
    tx = plan_terms("sale")
    paid = plan_transfer(address("a"), amount=5)
    live_chain.sweep()
    live_chain.node.mine()
    wait_until(lambda: ChainTransaction.objects.filter(state=State.MINED).count() == 2)
    live_chain.node.reorg(3)
    live_chain.node.mine()
    wait_until(lambda: ChainTransaction.objects.filter(state=State.BROADCAST).count() == 2)
    assert not ChainEvent.objects.filter(name="TermsDefined").exists()
    live_chain.sweep()
    wait_until(lambda: ChainEvent.objects.filter(name="TermsDefined").count() == 1)
    indexer.send_signal(signal.SIGTERM)
    assert indexer.wait(timeout=20) == 0
    live_chain.finalize()
    for row in (tx, paid):
        row.refresh_from_db()
        assert (row.state, row.attempts.count()) == (State.FINAL, 1)
    assert balance(live_chain, address("a")) == 5
    assert live_chain.audit() == []


def test_a_killed_local_chain_is_repaired_from_the_stored_bytes(live_chain: LiveChain) -> None:
    """The node comes back at its last saved state, long before what was final: all since then is sent again."""
    plan_terms("saved")
    live_chain.finalize()
    live_chain.node.stop()
    live_chain.node.start()
    plan_terms("lost")
    plan_transfer(address("a"), amount=5)
    live_chain.finalize()
    live_chain.node.kill()
    live_chain.node.start()
    waiting = plan_transfer(address("b"), amount=3)
    code, output = live_chain.manage("sweep")
    assert (code, "manage.py repair_local_chain" in output) == (1, True), output
    assert sync_status(live_chain.chain).sending_stopped
    waiting.refresh_from_db()
    assert waiting.state == State.PLANNED
    code, output = live_chain.manage("repair_local_chain")
    assert code == 0, output
    assert "2 transactions that the chain did not have were sent again" in output
    live_chain.finalize()
    assert set(ChainTransaction.objects.values_list("state", flat=True)) == {State.FINAL}
    assert (balance(live_chain, address("a")), balance(live_chain, address("b"))) == (5, 3)
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 2
    assert live_chain.audit() == []


def test_a_chain_whose_genesis_was_made_anew_is_read_again_from_its_first_block(live_chain: LiveChain) -> None:
    """anvil makes block 0 anew at every start; which of them it shows later is chance, and block 1 names the first."""
    plan_terms("one")
    live_chain.finalize()
    before = list(ChainEvent.objects.values_list("block__hash", "log_index"))

    def genesis_is_another() -> bool:
        live_chain.node.stop()
        live_chain.node.start()
        first, second = (live_chain.node.rpc("eth_getBlockByNumber", hex(n), False) for n in (0, 1))
        return bool(second["parentHash"] != first["hash"])

    wait_until(genesis_is_another)
    code, output = live_chain.manage("reindex")
    assert code == 0, output
    assert list(ChainEvent.objects.values_list("block__hash", "log_index")) == before
    assert live_chain.audit() == []


def test_a_local_chain_that_lost_even_its_contracts_gets_them_at_the_same_addresses(live_chain: LiveChain) -> None:
    plan_terms("one")
    plan_transfer(address("a"), amount=5)
    live_chain.finalize()
    before = live_chain.chain.deployment.addresses
    live_chain.node.kill()
    live_chain.node.state_file.unlink(missing_ok=True)
    live_chain.node.start()
    code, output = live_chain.manage("repair_local_chain")
    assert code == 0, output
    assert live_chain.chain.deployment.addresses == before
    live_chain.finalize()
    assert balance(live_chain, address("a")) == 5
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1
    assert live_chain.audit() == []


def test_contracts_of_an_older_version_archive_the_demo_chain_and_are_deployed_anew(live_chain: LiveChain) -> None:
    plan_terms("one")
    live_chain.finalize()
    path = live_chain.var / "deployments" / "31337.json"
    old = read_deployment(path)
    assert old is not None
    path.write_text(path.read_text().replace(old.version, "0" * 64))
    code, output = live_chain.manage("deploy_contracts")
    assert code == 0, output
    assert "The demo chain was archived" in output
    new = read_deployment(path)
    assert new is not None
    assert new.addresses["LicenseMarket"] != old.addresses["LicenseMarket"]
    assert not ChainTransaction.objects.exists()
    assert not ChainEvent.objects.exists()
    archived = [file.name.split("-")[0] for file in (path.parent / "archive").iterdir()]
    assert archived == ["31337", "31337"]
    plan_terms("one")
    live_chain.finalize()
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1
    assert live_chain.audit() == []


def test_the_wrong_chain_ends_the_indexer_with_one_sentence(live_chain: LiveChain) -> None:
    process = live_chain.start("manage.py", "follow_chain", CHAIN_ID="1")
    output = say_of(process)
    assert process.returncode == 1
    assert "CommandError: The node serves chain 31337, the settings name chain 1." in output


def test_known_contracts_without_code_end_the_indexer_with_one_sentence(live_chain: LiveChain) -> None:
    live_chain.node.rpc("anvil_setCode", live_chain.chain.deployment.address("LicenseMarket"), "0x")
    process = live_chain.start("manage.py", "follow_chain")
    output = say_of(process)
    assert process.returncode == 1
    assert "CommandError: Chain 31337 has no code of ours at the recorded addresses (first: LicenseMarket)" in output
