"""A whole installation, everything that can go wrong with it, and a market that goes on meanwhile."""

import io
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection
from PIL import Image

from accounts.errors import ConfirmationRefused
from accounts.models import User
from common.testing import PASSWORD, wait_until
from contracts.client import client
from contracts.errors import ChainError
from contracts.models import ChainCursor, ChainTransaction
from contracts.testing_proxy import FAULTS, FailingNode
from contracts.tests.actions import TRANSFER, address, plan_transfer
from designs.models import Design, RegistryEntry
from licensing.models import LicenseSale, LicenseTemplate
from licensing.selectors import offers_of
from marketplace.models import Order
from marketplace.services.checkout import BUY, place_order
from marketplace.tests.support import draft_of
from payments.providers.test_provider import TestPaymentProvider
from payments.services import receive_webhook
from royalties.services.payouts import pay_out_due
from studio.errors import PublishingError
from studio.kinds import REGISTER
from studio.services.drafts import OfferWish, set_first_offers
from studio.services.lineage import set_derivative_terms, set_parents
from studio.services.publishing import freeze_and_sign
from tests.faults.market import PRICE, Market, address_of
from tests.faults.services import OwnPostgres, OwnRedis
from tests.faults.wallets import send_as

State = ChainTransaction.State
ROOT = Path(__file__).resolve().parents[2]
CELERY = ["-m", "celery", "-q", "-A", "config"]
WORKER = [*CELERY, "worker", "-Q", "chain,default", "--pool", "solo", "--without-gossip", "--without-mingle"]
PROGRAMS = {
    "indexer": ["manage.py", "follow_chain"],
    "second indexer": ["manage.py", "follow_chain"],
    "worker": [*WORKER, "--loglevel", "WARNING", "-n", "one@%h"],
    "second worker": [*WORKER, "--loglevel", "WARNING", "-n", "two@%h"],
    "beat": [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile", ""],
}
DEEPEST = 20


@dataclass
class Chaos:
    """`say` tells what is done and what fails, with the seconds since the start."""

    market: Market
    people: list[User]
    failing: FailingNode
    redis: OwnRedis
    postgres: OwnPostgres
    seed: int
    say: Callable[[str], None] = print
    designs: list[Design] = field(default_factory=list)
    payments: int = 0
    done: Counter[str] = field(default_factory=Counter)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.node = self.market.live.node
        self.began = time.monotonic()
        self._begin_at_head()

    # What people do

    def buy(self) -> None:
        design = self.random.choice(self.designs)
        on_show = offers_of(chain_id=self.market.live.chain.chain_id, entry_id=design.entry_id or "")
        if not on_show:
            return
        order = place_order(
            buyer=self.random.choice(self.people),
            design=design,
            wanted=on_show[0],
            price_seen=PRICE,
            checkout_key=uuid.UUID(int=self.random.getrandbits(128), version=4),
        )
        assert order.payment is not None
        headers, body = TestPaymentProvider().decide(order.payment, pays=True)
        receive_webhook(provider_name="test", headers=headers, body=body)

    def pay(self) -> None:
        self.payments += 1
        plan_transfer(address(f"payee {self.payments}"), amount=self.payments)

    def derive(self) -> None:
        """A work of one of the people that owes the first design a part of its revenue, itself open to derive from."""
        owner = self.random.choice(self.people)
        buffer = io.BytesIO()
        Image.new("RGB", (40, 30), tuple(self.random.randbytes(3))).save(buffer, "PNG")
        design = draft_of(owner, buffer.getvalue(), title=f"Work {len(self.designs)}")
        personal = LicenseTemplate.objects.get(code="personal", active=True)
        set_first_offers(actor=owner, design=design, offers=[OfferWish(template=personal, price=PRICE)])
        try:
            set_parents(actor=owner, design=design, parents=[self.random.choice(self.designs)])
            set_derivative_terms(actor=owner, design=design, open=True, ppm=50_000)
            freeze_and_sign(actor=owner, work=design, password=PASSWORD)
        except (PublishingError, ConfirmationRefused) as error:
            # Its parent is in no block at this moment, or wrong passwords could not be counted.
            self.done[f"refused: {getattr(error, 'code', 'signature')}"] += 1
            return
        design.refresh_from_db()
        self.designs.append(design)

    def give_shares(self) -> None:
        creator, other = address_of(self.market.creator), address_of(self.market.cocreator)
        pair = [creator, other] if self.random.random() < 0.5 else [other, creator]
        units = self.random.randint(1, 200_000)
        send_as(self.market, pair[0], "DesignShares", "safeTransferFrom", *pair, self.market.entry, units, b"")

    def give_license(self) -> None:
        pair = [address_of(person) for person in self.random.sample(self.people, 2)]
        send_as(self.market, pair[0], "DesignLicenses", "safeTransferFrom", *pair, self.market.license_id, 1, b"")

    def claim(self) -> None:
        pay_out_due()

    def mine(self) -> None:
        self.node.mine(self.random.randint(1, 4))

    ACTIONS = {buy: 6, pay: 4, derive: 2, give_shares: 2, give_license: 1, claim: 1, mine: 5}

    def act(self) -> None:
        """One of them; what needs the node or the database while these are away is not done."""
        (action,) = self.random.choices(list(self.ACTIONS), list(self.ACTIONS.values()))
        try:
            action(self)
        except (ChainError, OSError, RuntimeError) as error:
            self.say(f"{action.__name__}: {str(error)[:100]}")
            return
        self.done[action.__name__.replace("_", " ")] += 1

    # What fails

    def fail_by_proxy(self) -> None:
        fault, seconds = self.random.choice(FAULTS), self.random.uniform(0.5, 3)
        self.failing.fail(fault, chance=self.random.choice((0.2, 0.5, 1)))
        self.note(f"node: {fault.name}", f"{seconds:.1f} s")
        self.act_for(seconds)
        self.failing.heal()

    def kill_a_process(self) -> None:
        name = self.random.choice(list(self.processes))
        self.kill(name)
        self.note(f"SIGKILL: {name}")
        self.act_for(self.random.uniform(0, 1))
        self.start(name)

    def reorganize(self) -> None:
        depth = self.random.choice((1, 2, 3, 5, DEEPEST))
        depth = min(depth, self.node.head - self.floor)
        if depth < 1:
            return
        raws: list[tuple[str, int]] = []
        if self.random.random() < 0.5:
            raws = self._some_of_the_newest(depth)
        # A block that anvil makes while it reorganizes may tear a hole into its chain, which no real chain has.
        self.node.automine(False)
        self._wait_for_the_last_block()
        try:
            self.node.reorg(depth, *raws)
        except RuntimeError:
            self.node.reorg(depth)  # bytes of which the new branch takes none
            raws = []
        self.note(f"reorganization of depth {depth}", f"{len(raws)} of ours kept")
        if not self._rewound_where_torn():
            self.node.automine(True)
            self.node.mine()  # what came meanwhile

    def _rewound_where_torn(self) -> bool:
        torn = self._torn()
        if torn:
            self.say(torn)
            self.rewind_node()
        return bool(torn)

    def _wait_for_the_last_block(self) -> None:
        before = -1
        while before != (now := self.node.head):
            before = now
            time.sleep(0.1)

    def _torn(self) -> str:
        """What is wrong with anvil's own chain since its last start, which no real chain has: a block that is missing
        or follows no other, or transactions of ours that its state has and no block.
        """
        before, sent = None, 0
        for number in range(self.floor, self.node.head + 1):
            block = self.node.rpc("eth_getBlockByNumber", hex(number), True)
            if block is None:
                return f"anvil lost its block {number}"
            if before is not None:
                if block["parentHash"] != before["hash"]:
                    return f"anvil's block {number} does not follow block {number - 1}"
                sent += sum(tx["from"] == self.market.live.operator.lower() for tx in block["transactions"])
            before = block
        done = self._nonce() - self.floor_nonce
        return "" if sent == done else f"anvil has done {done} transactions of ours, and has {sent} in blocks"

    def _nonce(self) -> int:
        return int(self.node.rpc("eth_getTransactionCount", self.market.live.operator, "latest"), 16)

    def _begin_at_head(self) -> None:
        """No reorganization reaches behind the start of a node."""
        self.floor, self.floor_nonce = self.node.head, self._nonce()

    def _some_of_the_newest(self, depth: int) -> list[tuple[str, int]]:
        """The first of our transactions in these blocks, spread over the new ones in their order."""
        above = self.node.head - depth
        rows = ChainTransaction.objects.filter(block_number__gt=above, state=State.MINED).order_by("nonce")
        kept = list(rows.prefetch_related("attempts"))[: self.random.randint(1, 5)]
        places = sorted(self.random.randrange(depth) for _ in kept)
        raws = []
        for tx, place in zip(kept, places, strict=True):
            attempt = next((one for one in tx.attempts.all() if one.hash == tx.transaction_hash), None)
            if attempt is not None:
                raws.append(("0x" + bytes(attempt.raw).hex(), place))
        return raws

    def flush_redis(self) -> None:
        self.redis.flush()
        self.note("Redis flushed")

    def restart_redis(self) -> None:
        self.redis.end()
        self.note("Redis killed")
        self.act_for(self.random.uniform(0.2, 2))
        self.redis.start()

    def restart_node(self) -> None:
        self.node.automine(False)
        self._wait_for_the_last_block()
        if self._rewound_where_torn():
            return  # what is kept now would be torn for ever
        self.node.stop()
        self.note("node stopped")
        self.act_for(self.random.uniform(0.2, 3))
        self.node.start()
        self.node.automine(True)
        self._begin_at_head()

    def rewind_node(self) -> None:
        """Power loss: it comes back as it was when it last stopped, and the repair is run as a local start does."""
        lost = self.node.head
        self.node.kill()
        self.node.start()
        self.node.automine(True)
        self._begin_at_head()
        self.note("node rewound", f"from block {lost} to {self.floor}")
        self.act_for(self.random.uniform(0.5, 2))
        self.repair()

    def repair(self) -> None:
        code, output = self.market.live.manage("repair_local_chain")
        assert code == 0, output
        self.say(f"repaired: {output.strip().splitlines()[-1]}")

    def restart_postgres(self) -> None:
        self.postgres.crash()
        self.note("PostgreSQL crashed")
        time.sleep(self.random.uniform(0.2, 1.5))
        self.postgres.start()
        connection.close()

    FAULTS = {
        fail_by_proxy: 8,
        kill_a_process: 5,
        reorganize: 5,
        flush_redis: 1,
        restart_redis: 1,
        restart_node: 2,
        rewind_node: 1,
        restart_postgres: 1,
    }

    def fail(self) -> None:
        (fault,) = self.random.choices(list(self.FAULTS), list(self.FAULTS.values()))
        fault(self)

    def note(self, what: str, more: str = "") -> None:
        self.done[what] += 1
        self.say(f"{time.monotonic() - self.began:7.1f} s  {what}{', ' if more else ''}{more}")

    def act_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.act()
            time.sleep(self.random.uniform(0, 0.4))

    # Processes

    def start(self, name: str) -> None:
        live = self.market.live
        words = PROGRAMS[name] + (["-s", str(live.var / "beat-schedule")] if name == "beat" else [])
        changes = {"REDIS_URL": self.redis.url, "CHAIN_RPC_TIMEOUT": "2", "C_FORCE_ROOT": "1"}
        with (live.var / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=live.environment(**changes),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        process = self.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)

    def start_all(self) -> None:
        for name in PROGRAMS:
            self.start(name)
        wait_until(ChainCursor.objects.exists, what="an indexer reads")

    def end_all(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill(name)

    def logs(self) -> str:
        files = [*sorted(self.market.live.var.glob("*.log"))]
        return "\n".join(f"---- {one.name}\n{one.read_text(errors='replace')[-6000:]}" for one in files)

    # The end

    def calm(self, *, seconds: float = 600) -> None:
        """No more faults: everything that began ends, by the processes alone."""
        self.failing.heal()
        for name, process in self.processes.items():
            if process.poll() is not None:
                self.say(f"{name} had ended with {process.returncode}")
                self.start(name)
        under_way = ChainTransaction.objects.filter(state__in=ChainTransaction.LIVE).exclude(state=State.MINED)

        def is_calm() -> bool:
            self.node.mine()
            return not under_way.exists() and self._all_published() and not self._unbought()

        try:
            wait_until(is_calm, seconds=seconds, what="all is in blocks")
        except AssertionError:
            self.say(str(list(under_way.values("kind", "subject", "state", "nonce", "error"))))
            self.say(str(ChainCursor.objects.values().get()))
            raise

    def _all_published(self) -> bool:
        return RegistryEntry.objects.count() == len({design.entry_id for design in self.designs})

    def _unbought(self) -> int:
        bought = set(LicenseSale.objects.values_list("ref", flat=True))
        return len(set(Order.objects.filter(state=Order.State.PAID).values_list("ref", flat=True)) - bought)

    def check_enough(self, seconds: float) -> None:
        """A run that hardly did anything, or in which hardly anything failed, shows nothing."""
        done = {name for name in ("buy", "pay", "derive", "give shares", "claim") if self.done[name]}
        assert len(done) == 5 or seconds < 60, self.done
        failed = sum(times for what, times in self.done.items() if what.split(":")[0] not in self._acts())
        assert failed >= seconds / 10, self.done

    def _acts(self) -> set[str]:
        return {action.__name__.replace("_", " ") for action in self.ACTIONS} | {"refused"}

    def check_once(self) -> None:
        """Every payment, purchase and registration is done, and done once."""
        live = self.market.live
        failed = ChainTransaction.objects.filter(state__in=ChainTransaction.GIVEN_UP)
        assert not failed.filter(kind__in=[TRANSFER, BUY, REGISTER]).exists(), list(failed.values("kind", "error"))
        payees = [address(f"payee {number}") for number in range(1, self.payments + 1)]
        coins = client(live.chain).balances(live.chain.deployment.currency, payees) if payees else []
        assert coins == list(range(1, self.payments + 1))
        orders = Order.objects.filter(state=Order.State.PAID)
        assert LicenseSale.objects.count() == orders.count() == ChainTransaction.objects.filter(kind=BUY).count()
        assert set(orders.values_list("ref", flat=True)) == set(LicenseSale.objects.values_list("ref", flat=True))
        assert RegistryEntry.objects.count() == len(self.designs)
