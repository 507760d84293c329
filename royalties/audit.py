"""Shares and money in the database against the ledger's own storage, to the unit."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Sum

from common.identifiers import ZERO_ADDRESS
from contracts.chains import CURRENCY, Chain
from contracts.client import client
from contracts.hooks import Tally
from contracts.models import ChainCursor, ChainEvent
from royalties.ledger import LedgerError
from royalties.models import AncestorSettlement, Payout, RevenueEvent, ShareMovement
from royalties.owed import lines_owed
from royalties.selectors import fee_ppm, replay


def shares(chain: Chain) -> Iterator[str]:
    """Every (entry, holder) must have the units that the movements add up to."""
    held: dict[tuple[str, str], int] = defaultdict(int)
    for entry_id, sender, receiver, units in ShareMovement.objects.filter(chain_id=chain.chain_id).values_list(
        "entry_id", "sender", "receiver", "units"
    ):
        held[entry_id, receiver] += units
        held[entry_id, sender] -= units
    lines = [(entry_id, holder, units) for (entry_id, holder), units in held.items() if holder != ZERO_ADDRESS]
    questions = [(holder, int(entry_id, 16)) for entry_id, holder, _units in lines]
    answers = client(chain).calls("DesignShares", "balanceOf", questions)
    for (entry_id, holder, units), on_chain in zip(lines, answers, strict=True):
        if on_chain != units:
            yield f"shares of {entry_id} at {holder}: the chain says {on_chain}, the database {units}"


def money(chain: Chain) -> Iterator[str | Tally]:
    """The fee, totals, everyone's claimable amount and the whole balance of each currency must agree."""
    yield from _fee(chain)
    incoming: dict[tuple[str, str], Sums] = defaultdict(Sums)
    for row in (
        RevenueEvent.objects.filter(chain_id=chain.chain_id)
        .values("entry_id", "currency")
        .annotate(gross=Sum("gross"), fee=Sum("fee"), ancestors=Sum("ancestors"), own=Sum("own"))
    ):
        incoming[row["entry_id"], row["currency"]] = Sums(
            net=int(row["gross"]) - int(row["fee"]), own=int(row["own"]), reserved=int(row["ancestors"])
        )
    for settled in (
        AncestorSettlement.objects.filter(chain_id=chain.chain_id)
        .values("entry_id", "currency")
        .annotate(amount=Sum("amount"))
    ):
        incoming[settled["entry_id"], settled["currency"]].settle(int(settled["amount"]))
    questions = [(int(entry_id, 16), currency) for entry_id, currency in incoming]
    answers = client(chain).calls("DesignShares", "totals", questions)
    for ((entry_id, currency), sums), on_chain in zip(incoming.items(), answers, strict=True):
        if tuple(on_chain) != sums.in_order():
            yield f"totals of {entry_id} in {currency}: the chain says {on_chain}, the database {sums.in_order()}"
    due: dict[str, int] = defaultdict(int)
    yield from _claimable(chain, incoming, due)
    yield from _balances(chain, due)


def _claimable(chain: Chain, earners: Iterable[tuple[str, str]], due: dict[str, int]) -> Iterator[str]:
    """Of everyone in these entries and currencies; `due` is given the sum of each currency."""
    lines: list[tuple[str, str, str, int]] = []
    for entry_id, currency in earners:
        try:
            ledger = replay(chain_id=chain.chain_id, entry_id=entry_id, currency=currency)
        except LedgerError as error:
            yield f"{entry_id} in {currency}: the database cannot be right, for {error}"
            continue
        lines += [(entry_id, currency, holder, ledger.claimable(holder)) for holder in ledger.holders()]
    questions = [(int(entry_id, 16), currency, holder) for entry_id, currency, holder, _amount in lines]
    answers = client(chain).calls("DesignShares", "claimable", questions)
    for (entry_id, currency, holder, amount), on_chain in zip(lines, answers, strict=True):
        due[currency] += amount
        if on_chain != amount:
            yield f"claimable of {holder} in {entry_id}: the chain says {on_chain}, the database {amount}"


@dataclass
class Sums:
    """Lifetime sums of an entry in one currency, as DesignShares.totals gives them."""

    net: int = 0
    own: int = 0
    reserved: int = 0
    inbound: int = 0

    def settle(self, amount: int) -> None:
        self.own += amount
        self.inbound += amount

    def in_order(self) -> tuple[int, int, int, int]:
        return self.net, self.own, self.reserved, self.inbound


def _fee(chain: Chain) -> Iterator[str]:
    node = client(chain)
    block = node.header(ChainCursor.objects.get(chain_id=chain.chain_id).number)
    at = datetime.fromtimestamp(block.timestamp, UTC) if block else None
    on_chain, in_rows = node.call("DesignShares", "feePpm"), fee_ppm(chain_id=chain.chain_id, at=at)
    if on_chain != in_rows:
        yield f"the fee on chain is {on_chain} ppm, the pages say {in_rows}"


def _balances(chain: Chain, due: dict[str, int]) -> Iterator[str | Tally]:
    """Of every currency of the ledger. That it holds more is no difference: anyone may send it coins."""
    node = client(chain)
    withdrawn: dict[str, int] = defaultdict(int)
    for event in ChainEvent.objects.filter(chain_id=chain.chain_id, contract="DesignShares", name="FeesWithdrawn"):
        withdrawn[event.text("currency")] += event.integer("amount")
    for currency in node.call("DesignShares", "currencies"):
        here = {"chain_id": chain.chain_id, "currency": currency}
        came = RevenueEvent.objects.filter(**here).aggregate(gross=Sum("gross"), fee=Sum("fee"))
        paid = Payout.objects.filter(**here).aggregate(total=Sum("amount"))["total"] or 0
        fees = int(came["fee"] or 0) - withdrawn[currency]
        held = node.call("DesignShares", "feesHeld", currency)
        if held != fees:
            yield f"fees held in {currency}: the chain says {held}, the database {fees}"
        tally = Tally(
            currency=currency,
            came=int(came["gross"] or 0),
            paid=int(paid),
            taken=withdrawn[currency],
            held=_balance(chain, currency),
            owed=due.get(currency, 0),
            reserved=_reserved(chain, currency),
            fees=fees,
        )
        if tally.held < tally.owed + tally.reserved + tally.fees:
            yield (
                f"{currency}: the ledger holds {tally.held}, owes {tally.owed}, "
                f"{tally.reserved} to ancestors and {tally.fees} in fees"
            )
        if tally.held < tally.left:
            yield f"{currency}: {tally.left} should be left of what came in, but the ledger holds {tally.held}"
        yield tally


def _balance(chain: Chain, currency: str) -> int:
    """What the ledger holds of a currency."""
    node, ledger = client(chain), chain.deployment.address("DesignShares")
    if currency == ZERO_ADDRESS:
        return node.balance(ledger)
    balance: int = node.call_at(currency, CURRENCY, "balanceOf", ledger)
    return balance


def _reserved(chain: Chain, currency: str) -> int:
    """The ancestors' part of all revenue, as far as it is not settled."""
    here = {"chain_id": chain.chain_id, "currency": currency}
    reserved = RevenueEvent.objects.filter(**here).aggregate(total=Sum("ancestors"))["total"] or 0
    settled = AncestorSettlement.objects.filter(**here).aggregate(total=Sum("amount"))["total"] or 0
    return int(reserved) - int(settled)


def settlements(chain: Chain) -> Iterator[str]:
    """What derived works owe each ancestor, and what of it was credited, must be what the ledger counts."""
    lines = lines_owed(chain_id=chain.chain_id)
    questions = [(int(line.descendant_id, 16), int(line.ancestor_id, 16), line.currency) for line in lines]
    answers = client(chain).calls("DesignShares", "ancestorAccount", questions)
    for line, on_chain in zip(lines, answers, strict=True):
        if on_chain != (line.earned, line.settled):
            yield (
                f"earned and settled of {line.descendant_id} to {line.ancestor_id} in {line.currency}: "
                f"the chain says {on_chain}, the database {(line.earned, line.settled)}"
            )
    known = {(line.ancestor_id, line.descendant_id) for line in lines}
    rows = AncestorSettlement.objects.filter(chain_id=chain.chain_id).values_list("entry_id", "descendant_id")
    for ancestor, descendant in sorted(set(rows) - known):
        yield f"{descendant} settled with {ancestor}, which is no ancestor that it owes anything"
