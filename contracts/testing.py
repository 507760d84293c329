"""A pytest plugin: a real chain of one's own per test process, with our contracts on it.

    pytest_plugins = ["contracts.testing"]

`live_chain` gives a test the deployed chain, settings that lead to it, and the handles to mine, reorganize, stop and
kill it. Nothing is mocked.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from contracts import artifacts
from contracts.chains import Chain
from contracts.deployment.plan import Plan
from contracts.deployment.records import Record
from contracts.deployment.run import fund_locally, run_plan
from contracts.signers import Signer, operator_signer

LOCAL_CHAIN_ID = 31337
ROOT = Path(__file__).resolve().parent.parent
NPM_BINARY = ROOT / "contracts/solidity/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
# Deep reorganizations must stay above the final block: 32 slots keep it 64 blocks behind.
FINAL_AFTER = 64


class Anvil:
    """anvil's own binary on a free port. It mines at once what it is sent, unless told otherwise."""

    def __init__(self, folder: Path, *, options: tuple[str, ...] = (), slots_in_an_epoch: int = 32) -> None:
        self.folder = folder
        self.slots_in_an_epoch = slots_in_an_epoch
        self.port = free_port()
        self.options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._automines = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    def start(self) -> None:
        """Start, on the state of the last stop if there is one, and wait until it answers."""
        binary = os.environ.get("ANVIL_BIN") or str(NPM_BINARY)
        command = [binary, "--host", "127.0.0.1", "--port", str(self.port), "--quiet"]
        command += ["--chain-id", str(LOCAL_CHAIN_ID), "--prune-history", "100"]
        command += ["--slots-in-an-epoch", str(self.slots_in_an_epoch)]
        command += ["--state", str(self.state_file), "--cache-path", str(self.folder / "cache"), *self.options]
        self._process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL)
        self._automines = True
        deadline = time.monotonic() + 20
        while True:
            try:
                self.rpc("eth_chainId")
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"anvil does not start: {' '.join(command)}") from None
                time.sleep(0.02)

    def stop(self) -> None:
        """End it in peace: the state is written and comes back with `start`."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as power loss would: what happened since the state was last written is gone."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=20)
            self._process = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of a call. Raises OSError when there is no answer, RuntimeError for an error."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    @property
    def head(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)

    def mine(self, blocks: int = 1) -> None:
        self.rpc("anvil_mine", hex(blocks))

    def automine(self, on: bool) -> None:
        """Off: what is sent waits in the pool for `mine`."""
        self.rpc("evm_setAutomine", on)
        self._automines = on

    def wait_until_mined(self) -> None:
        """What it was sent is in a block a moment later only, which is long on a busy machine."""
        deadline = time.monotonic() + 2
        while self.running and self._automines and time.monotonic() < deadline:
            if int(self.rpc("txpool_status")["pending"], 16) == 0:
                return
            time.sleep(0.005)

    def reorg(self, depth: int, *transactions: tuple[str, int]) -> None:
        """Replace the newest blocks; their transactions are gone from the chain and the pool.

        The new blocks are empty but for `transactions`: signed bytes, and the place of their block among the new.
        """
        self.rpc("anvil_reorg", depth, transactions)

    def snapshot(self) -> str:
        return str(self.rpc("evm_snapshot"))

    def go_back(self, snapshot: str) -> bool:
        """Whether it is back at a snapshot, which is used up by this; it mines at once again."""
        # First nothing may be left to mine: a block made while it goes back breaks its memory.
        self.automine(False)
        self.rpc("anvil_dropAllTransactions")
        gone_back = bool(self.rpc("evm_revert", snapshot))
        self.automine(True)
        # Time begins anew too. anvil forgets the state of a block when an equal one of an earlier time ages.
        self.rpc("anvil_setCoinbase", "0x" + secrets.token_hex(20))
        return gone_back


@dataclass
class DeployedAnvil:
    """A node with our contracts, kept over tests: each test begins at the snapshot."""

    node: Anvil
    record: Record | None = None
    snapshot: str = ""
    head: int = 0
    signer: Signer | None = None

    def chain(self) -> Chain:
        return Chain(
            role="public",
            chain_id=LOCAL_CHAIN_ID,
            rpc_url=self.node.url,
            public_rpc_url=self.node.url,
            confirmations=2,
            is_local=True,
        )

    def deploy(self) -> None:
        here = self.chain()
        # Kept, for the settings may name another one by the end of a test.
        signer = self.signer = self.signer or operator_signer(here)
        fund_locally(here, signer.address)
        us = signer.address
        plan = Plan(us, first_nonce=0, treasury=us, currency=None, moderator=us, treasurer=us, guardian=us)
        run_plan(here, plan, signer, say=lambda _line: None)
        self.record = Record(plan, LOCAL_CHAIN_ID, artifacts.version(), deployed_block=1, complete=True)
        self._keep()

    def _keep(self) -> None:
        self.snapshot, self.head = self.node.snapshot(), self.node.head

    def reset(self) -> None:
        """Back to the freshly deployed chain, by a new node when the old one cannot."""
        try:
            if self.node.go_back(self.snapshot) and self.node.head == self.head:
                self._keep()
                return
        except (OSError, RuntimeError):
            pass
        if self.node.running:
            self.node.kill()
        self.node.state_file.unlink(missing_ok=True)
        self.node.start()
        self.deploy()


@dataclass
class LiveChain:
    """What a test holds: the chain as the application sees it, the node behind it, and processes on both."""

    chain: Chain
    node: Anvil
    operator: str
    var: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def follow(self) -> None:
        """Read everything the node has."""
        from contracts.indexer import follow_to_head

        self.node.wait_until_mined()
        for _step in follow_to_head(self.chain):
            pass
        self.chain.__dict__.pop("_sync_status", None)  # selectors remember it for a moment

    def sweep(self) -> None:
        """Send, observe, deliver."""
        from contracts.outbox.sweeping import sweep_chain

        sweep_chain(self.chain)
        self.node.wait_until_mined()

    def settle(self) -> None:
        """Bring everything that is on its way into blocks that are read."""
        self.sweep()
        self.node.mine()
        self.follow()
        self.sweep()

    def finalize(self) -> None:
        """Let everything that is in a block become final."""
        self.settle()
        self.node.mine(FINAL_AFTER + 2)
        self.follow()
        self.sweep()

    def audit(self) -> list[str]:
        """Every difference between database and chain."""
        from contracts.audit import audit

        return [f"{part.name}: {line}" for part in audit(self.chain) for line in part.differences]

    def environment(self, **changes: str) -> dict[str, str]:
        """For processes that work on the test's own database and chain."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
            "DATABASE_URL": database_url(),
            "CHAIN_RPC_URL": self.chain.rpc_url,
            "CHAIN_PUBLIC_RPC_URL": self.chain.rpc_url,
            "CHAIN_ID": str(LOCAL_CHAIN_ID),
            "OPERATOR_KEY": django_settings.OPERATOR_KEY,
            "LOOMPRINT_VAR": str(self.var),
            "LOOMPRINT_LOCAL": "1",
            **changes,
        }

    def start(self, *words: str, until: bytes = b"", unheard: bool = False, **changes: str) -> subprocess.Popen[bytes]:
        """A process of the application, ended with the test at the latest; it is waited for until it says `until`.

        One that says more than a pipe holds, while nobody reads it, is to be `unheard`.
        """
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if unheard else subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.started.append(process)
        while until and process.stdout is not None and until not in process.stdout.readline():
            assert process.poll() is None, f"it ended without saying {until!r}"
        return process

    def worker_broker(self) -> str:
        """An emptied Redis database of this test process, for workers that no other test's messages reach."""
        from redis import Redis

        url = redis_database(8)
        Redis.from_url(url).flushdb()
        return url

    def manage(self, command: str, *words: str, kill_at: str = "") -> tuple[int, str]:
        """Run a management command to its end: exit code (-9 when it died at the kill point) and output."""
        process = self.start("manage.py", command, *words, LOOMPRINT_KILL_AT=kill_at)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output.decode(errors="replace")


def redis_database(first: int) -> str:
    """The Redis database of this test process, of eight from `first` on."""
    # The one process without a name of its own is the browser's, beside the others.
    number = first + int(os.environ.get("PYTEST_XDIST_WORKER", "gw7").removeprefix("gw")) % 8
    base = django_settings.REDIS_URL.split("?")[0]
    return f"{base}?db={number}" if base.startswith("unix") else f"{base.rstrip('0123456789').rstrip('/')}/{number}"


def database_url() -> str:
    """Where the test's own database is, for processes."""
    database = connection.settings_dict
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?host={database['HOST']}"
    return url + (f"&port={database['PORT']}" if database["PORT"] else "")


def free_port() -> int:
    """A port at which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    """A bare node of this test process."""
    node = Anvil(tmp_path_factory.mktemp("anvil"))
    node.start()
    yield node
    if node.running:
        node.kill()


@pytest.fixture(scope="session")
def deployed_anvil(anvil: Anvil) -> DeployedAnvil:
    deployed = DeployedAnvil(anvil)
    deployed.deploy()
    return deployed


@pytest.fixture
def live_chain(deployed_anvil: DeployedAnvil, settings: Any, tmp_path: Path) -> Iterator[LiveChain]:
    """A chain with our contracts and nothing else; settings lead to it. The database is the test's own affair."""
    here = deployed_anvil.chain()
    assert deployed_anvil.record is not None
    folder = tmp_path / "var" / "deployments"
    folder.mkdir(parents=True)
    (folder / f"{LOCAL_CHAIN_ID}.json").write_text(json.dumps(deployed_anvil.record.as_json()))
    settings.DEPLOYMENTS_DIRS = [folder]
    settings.CHAINS = {
        "public": {
            name: getattr(here, name) for name in ("chain_id", "rpc_url", "public_rpc_url", "confirmations", "is_local")
        }
    }
    # A page of this chain may ask its node, as with the chain of a local start.
    policy: dict[str, Any] = settings.CONTENT_SECURITY_POLICY
    sources = policy["DIRECTIVES"]
    sources = {**sources, "connect-src": [*sources["connect-src"], here.public_rpc_url]}
    settings.CONTENT_SECURITY_POLICY = {**policy, "DIRECTIVES": sources}
    live = LiveChain(
        chain=here, node=deployed_anvil.node, operator=deployed_anvil.record.plan.deployer, var=tmp_path / "var"
    )
    yield live
    for process in live.started:
        if process.poll() is None:
            process.kill()
        if process.stdout is not None and not process.stdout.closed:
            print(process.args, process.returncode, process.communicate()[0][-4000:].decode(errors="replace"))
    deployed_anvil.reset()


@pytest.fixture
def deployed_chain(live_chain: LiveChain) -> Chain:
    """Only the chain, for tests that need no handle on its node."""
    return live_chain.chain
