"""Sales, payments, transfers, derived works and payouts through everything that can fail, as a seed orders it.

LOOMPRINT_FAULT_SECONDS is how long (120), LOOMPRINT_FAULT_SEED repeats a run.
"""

import os
import secrets
import time
from typing import Any

import pytest

from accounts.models import User
from contracts.testing_proxy import FailingNode
from tests.faults.chaos import Chaos
from tests.faults.market import Market, address_of, agrees
from tests.faults.services import OwnPostgres, OwnRedis
from tests.faults.wallets import as_creator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

SECONDS = float(os.environ.get("LOOMPRINT_FAULT_SECONDS") or 120)
SEED = int(os.environ.get("LOOMPRINT_FAULT_SEED") or secrets.randbelow(2**32))


def test_whatever_fails_in_whatever_order_chain_and_database_end_equal(
    own_postgres: OwnPostgres,
    own_redis: OwnRedis,
    market: Market,
    failing_node: FailingNode,
    stranger: User,
    settings: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def say(line: str) -> None:
        print(line)
        if "LOOMPRINT_FAULT_SECONDS" in os.environ:  # somebody watches, or keeps it
            with capsys.disabled():
                print(line, flush=True)

    settings.CHAIN_RPC_TIMEOUT = 2
    say(f"seed {SEED}, {SECONDS:g} s")
    failing_node.random.seed(SEED)
    market.publish()
    market.live.finalize()
    people = [market.buyer, stranger, market.cocreator]
    for person in (market.creator, *people):
        market.live.node.rpc("anvil_setBalance", address_of(person), hex(10**20))
    as_creator(market, "DesignRegistry", "setStanding", market.entry, [True, True, 100_000])
    chaos = Chaos(market, people, failing_node, own_redis, own_postgres, SEED, say=say, designs=[market.design])
    chaos.restart_node()  # what it is rewound to later has the market
    chaos.start_all()
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            chaos.act_for(chaos.random.uniform(0.2, 1.5))
            chaos.fail()
        chaos.calm()
    except BaseException:
        print(chaos.logs())
        raise
    finally:
        chaos.end_all()

    market.finish()
    chaos.check_once()
    agrees(market)
    chaos.check_enough(SECONDS)
    for what, times in sorted(chaos.done.items()):
        say(f"{times:5} × {what}")
    say("database and chain agree, and a fresh read gives the same rows")
