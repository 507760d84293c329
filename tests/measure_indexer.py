"""How fast a history is read, and how soon a block is. Run by `script/bench indexer`.

The history is the peers' (shared/peers/chain): a token's movements, which are read as those of our shares are, and
payments that no ABI of ours knows. The process is `manage.py follow_chain`; it is asked of nothing but its database.
"""

import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from contracts import artifacts
from contracts.client import client
from contracts.models import ChainCursor, ChainEvent
from contracts.rpc import Rpc
from contracts.testing import LOCAL_CHAIN_ID, NPM_BINARY, LiveChain, database_url, free_port
from contracts.tests.actions import plan_terms
from royalties.models import ShareMovement

STATE = os.environ.get("LOOMPRINT_INDEXER_STATE", "")
INFO = os.environ.get("LOOMPRINT_INDEXER_INFO", "")
OPEN_BLOCKS = 64
BLOCKS_LIVE = 60
TICK = os.sysconf("SC_CLK_TCK")


def say(name: str, value: float) -> None:
    print(f"\nMEASURED {name} {value:.4f}")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, with all its threads and the children it has reaped."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / TICK


def peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def postgres_cpu_seconds() -> float:
    """Of the server and all that it has started: what ended meanwhile is counted with its parent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    server = int(Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[1])
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    found = 0.0
    for pid in [server, *map(int, children)]:
        try:
            found += cpu_seconds(pid)
        except FileNotFoundError:
            continue
    return found


@contextmanager
def history(folder: Path) -> Iterator[tuple[str, int]]:
    """The address and process id of a node with the peers' history, started as the peers start theirs."""
    port = free_port()
    binary = os.environ.get("ANVIL_BIN") or str(NPM_BINARY)
    command = [binary, "--port", str(port), "--silent", "--chain-id", str(LOCAL_CHAIN_ID), "--load-state", STATE]
    command += ["--disable-block-gas-limit", "--no-request-size-limit", "--transaction-block-keeper", "1000000"]
    node = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 300
        while True:
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert node.poll() is None, "anvil does not start"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", node.pid
    finally:
        node.kill()
        node.wait()


def process_environment(url: str, var: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "CHAIN_RPC_URL": url,
        "CHAIN_ID": str(LOCAL_CHAIN_ID),
        "OPERATOR_KEY": settings.OPERATOR_KEY,
        "LOOMPRINT_VAR": str(var),
        "LOOMPRINT_LOCAL": "1",
    }


def rpc(url: str, method: str, *params: Any) -> Any:
    return Rpc(url, chain_id=LOCAL_CHAIN_ID).call(method, *params)


def deploy_nothing(var: Path, info: dict[str, object]) -> None:
    """A record that names the history's contracts as ours."""
    record = {
        "version": artifacts.version(),
        "chain_id": settings.CHAINS["public"]["chain_id"],
        "deployed_block": info["first"],
        "deployer": info["token"],
        "complete": True,
        "contracts": {"DesignShares": {"address": checksummed(info["token"])}}
        | {"LicenseMarket": {"address": checksummed(info["royalties"])}},
    }
    (var / "deployments").mkdir(parents=True)
    (var / "deployments" / f"{record['chain_id']}.json").write_text(json.dumps(record))


def checksummed(address: object) -> str:
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(str(address)))


@pytest.mark.skipif(not STATE, reason="LOOMPRINT_INDEXER_STATE names no history")
@pytest.mark.django_db(transaction=True)
def test_a_history_is_read(tmp_path: Path) -> None:
    info = json.loads(Path(INFO).read_text())
    settled = info["head"] - OPEN_BLOCKS
    deploy_nothing(tmp_path / "var", info)
    with history(tmp_path) as (url, anvil):
        before, anvil_before = postgres_cpu_seconds(), cpu_seconds(anvil)
        began = time.monotonic()
        log = tmp_path / "log"
        with log.open("wb") as told:
            reader = subprocess.Popen(
                [sys.executable, "manage.py", "follow_chain"],
                env=process_environment(url, tmp_path / "var"),
                stdout=told,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_for(reader, settled)
            reached = time.monotonic()
            used, peak = cpu_seconds(reader.pid), peak_mib(reader.pid)
            postgres, asked = postgres_cpu_seconds() - before, cpu_seconds(anvil) - anvil_before
            _wait_for(reader, info["head"])
            ended = time.monotonic()
            everything = ChainEvent.objects.count()
            events = ChainEvent.objects.filter(block__number__lte=settled).count()
            at_head = (everything - events) / (ended - reached)
            before, summing = postgres_cpu_seconds(), time.monotonic()
            held = _count_holdings()
            summed = time.monotonic() - summing
            wall, postgres = reached - began + summed, postgres + postgres_cpu_seconds() - before
        finally:
            reader.terminate()
            reader.wait(timeout=30)
        (requests,) = re.findall(r"stopped_following .*requests=(\d+)", log.read_text())
        assert events == (settled - info["first"] + 1) * 100
        assert held
        _check_holdings(url, info["token"])
    say("events", events)
    say("wall_s", wall)
    say("holdings_s", summed)
    say("client_cpu_s", used)
    say("peak_mib", peak)
    say("postgres_cpu_s", postgres)
    say("anvil_cpu_s", asked)
    say("requests_per_10k", 10_000 * int(requests) / everything)
    say("head_events_per_s", at_head)


def _wait_for(reader: "subprocess.Popen[bytes]", number: int) -> None:
    while True:
        cursor = ChainCursor.objects.first()
        if cursor is not None and cursor.number >= number:
            return
        assert reader.poll() is None, "the indexer ended"
        time.sleep(0.05)


def _count_holdings() -> int:
    """How many holders hold how much of what: the balances of everybody, summed from their movements."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM ("
            "SELECT entry_id, receiver AS holder, units FROM royalties_sharemovement "
            "UNION ALL SELECT entry_id, sender, -units FROM royalties_sharemovement"
            ") moved GROUP BY entry_id, holder HAVING sum(units) > 0) held"
        )
        (found,) = cursor.fetchone()
    return int(found)


def _check_holdings(url: str, token: str) -> None:
    """Some of the holdings that the rows say are those of the chain."""
    keys = list(ShareMovement.objects.values_list("receiver", "entry_id").distinct()[:400])
    for holder, entry in random.Random(1).sample(keys, 20):
        rows = ShareMovement.objects.filter(entry_id=entry)
        got = rows.filter(receiver=holder).aggregate(units=Sum("units"))["units"] or 0
        gave = rows.filter(sender=holder).aggregate(units=Sum("units"))["units"] or 0
        data = "0x00fdd58e" + holder[2:].rjust(64, "0") + entry.removeprefix("0x").rjust(64, "0")
        assert got - gave == int(rpc(url, "eth_call", {"to": token, "data": data}, "latest"), 16)


@pytest.mark.django_db(transaction=True)
def test_a_new_block_is_read_soon(live_chain: LiveChain) -> None:
    live_chain.start("manage.py", "follow_chain", unheard=True)
    here = client(live_chain.chain)
    deadline = time.monotonic() + 60
    while not ChainCursor.objects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    waits = []
    for number in range(BLOCKS_LIVE):
        time.sleep(random.Random(number).random())
        plan_terms(f"live {number}")
        live_chain.sweep()
        live_chain.node.wait_until_mined()
        mined, head = time.monotonic(), here.head().number
        while not ChainCursor.objects.filter(number__gte=head).exists():
            assert time.monotonic() - mined < 30
            time.sleep(0.005)
        waits.append(1000 * (time.monotonic() - mined))
    assert ChainEvent.objects.filter(name="TermsDefined").count() == BLOCKS_LIVE
    say("live_p95_ms", statistics.quantiles(waits, n=20)[-1])
    say("poll_ms", 1000 * settings.CHAIN_POLL_SECONDS)
