"""Licenses and offers in the database against the contracts' own storage."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Max

from common.identifiers import ZERO_ADDRESS
from contracts.chains import Chain
from contracts.client import client
from licensing.models import EntryClosing, LicenseExpiry, LicenseMovement, LicenseRevocation, Offer
from licensing.projections import LAST_SECOND
from licensing.selectors import sold_by_offers


def holders(chain: Chain) -> Iterator[str]:
    """Every (license, holder) must have the balance that the movements add up to."""
    ask = client(chain).call
    held: dict[tuple[int, str], int] = defaultdict(int)
    for license_id, sender, receiver, quantity in LicenseMovement.objects.filter(chain_id=chain.chain_id).values_list(
        "license_id", "sender", "receiver", "quantity"
    ):
        held[license_id, receiver] += quantity
        held[license_id, sender] -= quantity
    for (license_id, holder), quantity in held.items():
        if holder == ZERO_ADDRESS:
            continue
        on_chain = ask("DesignLicenses", "balanceOf", holder, license_id)
        if on_chain != quantity:
            yield f"license {license_id} of {holder}: the chain says {on_chain}, the database {quantity}"


def offers(chain: Chain) -> Iterator[str]:
    """Every offer must stand at the market as its newest event left it, with the number sold."""
    ask = client(chain).call
    key = ("entry_id", "terms_hash", "currency")
    newest = Offer.objects.filter(chain_id=chain.chain_id).order_by(*key, "-event__block__number", "-event__log_index")
    entries = newest.order_by().values_list("entry_id", flat=True).distinct()
    sold = sold_by_offers(chain_id=chain.chain_id, entry_ids=list(entries))
    for offer in newest.distinct(*key).iterator():
        where = (int(offer.entry_id, 16), bytes.fromhex(offer.terms_hash[2:]), offer.currency)
        terms, number, is_open = ask("LicenseMarket", "offer", *where)
        on_chain = _terms_in_words(terms) if is_open else None
        in_rows = _row_in_words(offer) if offer.is_open else None
        name = f"offer {offer.entry_id} {offer.terms_hash} in {offer.currency}"
        if on_chain != in_rows:
            yield f"{name}: the chain says {on_chain}, the database {in_rows}"
        in_sales = sold.get((offer.entry_id, offer.terms_hash, offer.currency), 0)
        if number != in_sales:
            yield f"{name}: the chain has sold {number}, the database {in_sales}"


def _terms_in_words(terms: tuple[Any, ...]) -> tuple[Any, ...]:
    price, supply, starts_at, ends_at, wallet_cap, unit_price, allow_root, gate = terms
    times = (min(at, LAST_SECOND) for at in (starts_at, ends_at))
    return price, supply, *times, wallet_cap, unit_price, any(allow_root) or gate[0] != 0


def _row_in_words(offer: Offer) -> tuple[Any, ...]:
    times = (int(at.timestamp()) if at else 0 for at in (offer.starts_at, offer.ends_at))
    return offer.price, offer.supply, *times, offer.wallet_cap, offer.unit_price, offer.restricted


def closings(chain: Chain) -> Iterator[str]:
    """Exactly the entries of which an exclusive license was sold must be closed."""
    ask = client(chain).call
    closed = set(EntryClosing.objects.filter(chain_id=chain.chain_id).values_list("entry_id", flat=True))
    offered = set(Offer.objects.filter(chain_id=chain.chain_id).values_list("entry_id", flat=True))
    for entry_id in sorted(closed | offered):
        on_chain = ask("LicenseMarket", "entryState", int(entry_id, 16))[0]
        if on_chain != (entry_id in closed):
            yield f"entry {entry_id}: the chain says closed is {on_chain}, the database {entry_id in closed}"


def revocations(chain: Chain) -> Iterator[str]:
    """What is revoked here must be revoked there, and what ends here must end there at the same second."""
    ask = client(chain).call
    revoked = LicenseRevocation.objects.filter(chain_id=chain.chain_id).values_list("license_id", "holder")
    for license_id, holder, number in revoked.annotate(number=Max("quantity")):
        on_chain = ask("DesignLicenses", "isRevoked", license_id, holder)
        in_rows = ask("DesignLicenses", "balanceOf", holder, license_id) <= number
        if on_chain != in_rows:
            yield f"license {license_id} of {holder}: the chain says revoked is {on_chain}, the database {in_rows}"
    ends = LicenseExpiry.objects.filter(chain_id=chain.chain_id).values_list("license_id")
    for license_id, until in ends.annotate(until=Max("expires_at")).iterator():
        on_chain = min(ask("DesignLicenses", "expiresAt", license_id), LAST_SECOND)
        in_rows = int(until.timestamp()) if until else 0
        if on_chain != in_rows:
            yield f"license {license_id}: the chain says it ends at {on_chain}, the database at {in_rows}"
