"""Wallets of people who use the contracts without us."""

import time
from typing import Any

from django.db import transaction
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from common.identifiers import ZERO_HASH, entry_id_of, new_ref
from contracts.encoding import encode_call
from contracts.outbox import enqueue
from licensing.models import LicenseTemplate
from studio.registration import (
    OfferLine,
    ParentLine,
    ShareLine,
    digest_of,
    register_arguments,
    signable_form,
    typed_data,
)
from tests.faults.market import PRICE, Market, address_of

ROOT = "0x" + "cd" * 32
NEVER = 2**40 - 1


def wallet_with_coins(market: Market, *, coins: int = PRICE) -> str:
    """A wallet that is unknown here, with coins that it allows the market to take."""
    wallet = to_checksum_address("0x" + "5a" * 20)
    node, deployment = market.live.node, market.live.chain.deployment
    node.rpc("anvil_setBalance", wallet, hex(10**19))
    send_as(market, market.live.operator, "TestStablecoin", "transfer", wallet, coins)
    send_as(market, wallet, "TestStablecoin", "approve", deployment.address("LicenseMarket"), coins)
    return wallet


def buy_with(market: Market, wallet: str) -> None:
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    intent = [market.entry, terms, market.currency, PRICE, 1, wallet, 2**40]
    send_as(market, wallet, "LicenseMarket", "buy", intent, [])


def send_as(market: Market, sender: str, contract: str, function: str, *args: object, value: int = 0) -> None:
    """A transaction of a key that we do not have, or use behind our own back."""
    node = market.live.node
    node.rpc("anvil_impersonateAccount", sender)
    data = "0x" + encode_call(contract, function, list(args)).hex()
    to = market.live.chain.deployment.address(contract)
    call = {"from": sender, "to": to, "data": data, "gas": hex(1_000_000), "value": hex(value)}
    sent = node.rpc("eth_sendTransaction", call)
    node.rpc("anvil_stopImpersonatingAccount", sender)
    # A node that mines by itself does so a moment after it took the transaction.
    deadline = time.monotonic() + 10
    while (
        node.rpc("anvil_getAutomine")
        and not node.rpc("eth_getTransactionReceipt", sent)
        and time.monotonic() < deadline
    ):
        time.sleep(0.01)


def as_creator(market: Market, contract: str, function: str, *args: Any) -> None:
    send_as(market, address_of(market.creator), contract, function, *args)


def as_operator(market: Market, contract: str, function: str, *args: Any, value: int = 0) -> None:
    """By the key that has every role here, through our own outbox."""
    with transaction.atomic():
        planned = enqueue(
            kind="test_staff",
            subject=f"test.{function}",
            ref=bytes.fromhex(new_ref()[2:]),
            contract=contract,
            function=function,
            args=args,
            value=value,
        )
    market.live.settle()
    planned.refresh_from_db()
    assert planned.succeeded, planned.error


def register(market: Market, owner: LocalAccount, output_hash: str, *, salt: str = ZERO_HASH, **more: Any) -> str:
    """Register what somebody signed with their own wallet: by the operator, or with a salt by themselves."""
    here = market.live.chain
    data = typed_data(
        chain_id=here.chain_id,
        registry=here.deployment.address("DesignRegistry"),
        creator=owner.address,
        output_hash=output_hash,
        record_root=ROOT,
        shares=[ShareLine(owner.address, 1_000_000)],
        deadline=NEVER,
        **{"offers": [], **more},
    )
    signed = owner.sign_typed_data(full_message=signable_form(data)).signature
    arguments = register_arguments(data, signatures=[bytes(signed)], custodial=[False])
    assert digest_of(data) == "0x" + market.ask("DesignRegistry", "digestOf", arguments[0]).hex()
    if salt == ZERO_HASH:
        as_operator(market, "DesignRegistry", "register", *arguments)
    else:
        send_as(market, owner.address, "DesignRegistry", "register", *arguments[:3], salt)
        market.live.follow()
    return entry_id_of(creator=owner.address, output_hash=output_hash)


def derive(market: Market, owner: LocalAccount, output_hash: str, offers: dict[str, int]) -> int:
    """Somebody's work that owes the market's design a tenth of all it earns, offered at these prices by currency."""
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    as_creator(market, "DesignRegistry", "setStanding", market.entry, [True, True, 100_000])
    child = register(
        market,
        owner,
        output_hash,
        offers=[OfferLine(terms, currency, price, 0) for currency, price in offers.items()],
        parents=[ParentLine(market.design.entry_id or "", 0, 100_000)],
    )
    return int(child, 16)


def sell(market: Market, entry: int, currency: str, price: int) -> None:
    """One license of anybody's entry, bought by the operator."""
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    intent = [entry, terms, currency, price, 1, market.live.operator, NEVER]
    as_operator(market, "LicenseMarket", "buyFor", intent, [], new_ref(), value=0 if int(currency, 16) else price)
