"""Chain events of shares and money, as rows."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.db.models import Model

from common.identifiers import entry_id_hex
from contracts.hooks import Event
from contracts.models import ChainEvent
from royalties.models import AncestorSettlement, Payout, RevenueEvent


def shares_moved(event: Event) -> list[tuple[Any, ...]]:
    """TransferSingle of DesignShares."""
    return _moved(event, [event.args["id"]], [event.args["value"]])


def shares_moved_in_batch(event: Event) -> list[tuple[Any, ...]]:
    """TransferBatch of DesignShares."""
    return _moved(event, event.args["ids"], event.args["values"])


MOVEMENT = ("event_id", "position", "chain_id", "entry_id", "sender", "receiver", "units")


def _moved(event: Event, ids: list[str], values: list[str]) -> list[tuple[Any, ...]]:
    """Rows of what moved. Nothing at all may be moved by anyone, of any id, also of no entry."""
    sender, receiver = event.args["from"], event.args["to"]
    return [
        (event.id, position, event.chain_id, _entry_id(entry), sender, receiver, units)
        for position, (entry, units) in enumerate(zip(ids, values, strict=True))
        if units != "0"
    ]


@lru_cache(maxsize=1 << 12)
def _entry_id(number: str) -> str:
    return entry_id_hex(int(number))


def revenue_received(event: Event) -> Iterator[Model]:
    yield RevenueEvent(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        currency=event.args["currency"],
        gross=int(event.args["gross"]),
        fee=int(event.args["fee"]),
        ancestors=int(event.args["ancestors"]),
        own=int(event.args["own"]),
        source=int(event.args["source"]),
        ref=event.args["ref"],
    )


def ancestor_settled(event: Event) -> Iterator[Model]:
    yield AncestorSettlement(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["ancestor"])),
        descendant_id=entry_id_hex(int(event.args["descendant"])),
        currency=event.args["currency"],
        amount=int(event.args["amount"]),
    )


def claimed(event: Event) -> Iterator[Model]:
    yield Payout(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        currency=event.args["currency"],
        holder=event.args["holder"],
        paid_to=_paid_to(event),
        amount=int(event.args["amount"]),
    )


def _paid_to(claim: Event) -> str:
    """Where a claim's money went: its ClaimOrdered stands directly before it, or before like claims before it.

    Directly, because the holder may be paid at home as well later in the same transaction.
    """
    holder = claim.text("holder")
    before = (
        ChainEvent.objects.filter(block=claim.block_id, contract=claim.contract, log_index=claim.log_index - 1)
        .filter(transaction_hash=claim.transaction_hash, args__holder=holder)
        .select_related("payout")
        .first()
    )
    if before is not None and before.name == "ClaimOrdered":
        return before.text("to")
    if before is not None and before.name == "Claimed" and before.args["currency"] == claim.args["currency"]:
        return before.payout.paid_to
    return holder
