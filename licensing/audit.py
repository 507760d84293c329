"""Licenses and offers in the database against the contracts' own storage."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Sum

from common.identifiers import ZERO_ADDRESS
from contracts.chains import Chain
from contracts.client import client
from licensing.models import LicenseMovement, LicenseSale, Offer


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
    """Every offer must stand at the market with the same currency, price, supply and number sold."""
    ask = client(chain).call
    sold = {
        (entry_id, terms): total
        for entry_id, terms, total in LicenseSale.objects.filter(chain_id=chain.chain_id)
        .values_list("entry_id", "terms_hash")
        .annotate(total=Sum("quantity"))
    }
    for offer in Offer.objects.filter(chain_id=chain.chain_id).iterator():
        terms = bytes.fromhex(offer.terms_hash[2:])
        on_chain = ask("LicenseMarket", "offer", int(offer.entry_id, 16), terms)[:4]
        in_rows = [offer.currency, offer.price, offer.supply, sold.get((offer.entry_id, offer.terms_hash), 0)]
        if list(on_chain) != in_rows:
            name = f"offer {offer.entry_id} {offer.terms_hash}"
            yield f"{name}: the chain says {on_chain}, the database {in_rows}"
