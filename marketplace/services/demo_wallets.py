"""Test dollars for the accounts that the demo wallet shows, on the local chain alone."""

from django.db import transaction

from common.hashing import keccak256
from common.money import TUSD
from contracts.chains import CURRENCY, chain
from contracts.client import client
from contracts.outbox import enqueue

DEMO_MONEY = "demo_money"
ACCOUNTS = 4
AMOUNT = 1_000 * TUSD.base


def fund_demo_wallets() -> None:
    """Give each account its money once, however often this is called. Raises ChainUnavailable."""
    here = chain()
    if not here.is_local:
        return
    accounts = client(here).rpc("eth_accounts")[:ACCOUNTS]
    for account in accounts:
        with transaction.atomic():
            enqueue(
                kind=DEMO_MONEY,
                subject=f"marketplace.demo_wallet:{account}",
                ref=keccak256(f"{DEMO_MONEY}:{account}".encode()),
                contract=CURRENCY,
                function="transfer",
                args=[account, AMOUNT],
            )
