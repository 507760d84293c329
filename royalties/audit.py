"""Shares and money in the database against the ledger's own storage, to the unit."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Sum

from common.identifiers import ZERO_ADDRESS
from contracts.chains import Chain
from contracts.client import client
from contracts.models import ChainEvent
from royalties.ledger import FEE_PPM
from royalties.models import Payout, RevenueEvent, ShareMovement
from royalties.selectors import replay


def shares(chain: Chain) -> Iterator[str]:
    """Every (entry, holder) must have the units that the movements add up to."""
    ask = client(chain).call
    held: dict[tuple[str, str], int] = defaultdict(int)
    for entry_id, sender, receiver, units in ShareMovement.objects.filter(chain_id=chain.chain_id).values_list(
        "entry_id", "sender", "receiver", "units"
    ):
        held[entry_id, receiver] += units
        held[entry_id, sender] -= units
    for (entry_id, holder), units in held.items():
        if holder == ZERO_ADDRESS:
            continue
        on_chain = ask("DesignShares", "balanceOf", holder, int(entry_id, 16))
        if on_chain != units:
            yield f"shares of {entry_id} at {holder}: the chain says {on_chain}, the database {units}"


def money(chain: Chain) -> Iterator[str]:
    """Totals, everyone's claimable amount and the whole balance of each currency must agree."""
    ask = client(chain).call
    rate = ask("DesignShares", "feePpm")
    if rate != FEE_PPM:
        yield f"the fee on chain is {rate} ppm, the pages say {FEE_PPM}"
    claimable: dict[str, int] = defaultdict(int)
    rows = (
        RevenueEvent.objects.filter(chain_id=chain.chain_id)
        .values("entry_id", "currency")
        .annotate(gross=Sum("gross"), own=Sum("own"), fee=Sum("fee"))
    )
    for row in rows:
        entry, currency = int(row["entry_id"], 16), row["currency"]
        on_chain = tuple(ask("DesignShares", "totals", entry, currency))
        in_rows = (int(row["gross"]), int(row["own"]), int(row["fee"]))
        if on_chain != in_rows:
            yield f"totals of {row['entry_id']}: the chain says {on_chain}, the database {in_rows}"
        ledger = replay(chain_id=chain.chain_id, entry_id=row["entry_id"], currency=currency)
        for holder in ledger.holders():
            amount = ask("DesignShares", "claimable", entry, currency, holder)
            claimable[currency] += ledger.claimable(holder)
            if amount != ledger.claimable(holder):
                yield (
                    f"claimable of {holder} in {row['entry_id']}: the chain says {amount}, "
                    f"the database {ledger.claimable(holder)}"
                )
    yield from _balances(chain, claimable)


def _balances(chain: Chain, claimable: dict[str, int]) -> Iterator[str]:
    ask = client(chain).call
    for currency, owed in claimable.items():
        here = {"chain_id": chain.chain_id, "currency": currency}
        gross = RevenueEvent.objects.filter(**here).aggregate(total=Sum("gross"))["total"] or 0
        paid = Payout.objects.filter(**here).aggregate(total=Sum("amount"))["total"] or 0
        if currency != chain.deployment.address("TestStablecoin"):
            yield f"{currency} brought revenue but is no currency of this deployment"
            continue
        balance = ask("TestStablecoin", "balanceOf", chain.deployment.address("DesignShares"))
        fees = ask("DesignShares", "feesHeld", currency)
        if balance < owed + fees:
            yield f"{currency}: the ledger holds {balance}, owes {owed} and {fees} in fees"
        withdrawn = sum(
            int(event.args["amount"])
            for event in ChainEvent.objects.filter(chain_id=chain.chain_id, name="FeesWithdrawn")
            if event.args["currency"] == currency
        )
        left = int(gross) - int(paid) - withdrawn
        if balance < left:
            yield f"{currency}: {left} should be left of what came in, but the ledger holds {balance}"
