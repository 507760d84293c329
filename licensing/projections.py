"""Chain events of the market and the licenses, as rows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, Q, Sum

from common.identifiers import ZERO_HASH, entry_id_hex, entry_of_license
from contracts.hooks import Event
from contracts.models import ChainBlock
from licensing.models import (
    EntryClosing,
    LicenseExpiry,
    LicenseMovement,
    LicenseRevocation,
    LicenseSale,
    Offer,
)

# The chain's calendar goes further than ours.
LAST_SECOND = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def _time(seconds: str) -> datetime | None:
    """Unix seconds, of which 0 means no bound."""
    number = int(seconds)
    return datetime.fromtimestamp(min(number, LAST_SECOND), UTC) if number else None


def _key_of(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "chain_id": event.chain_id,
        "entry_id": entry_id_hex(int(event.args["entryId"])),
        "terms_hash": event.args["terms"],
        "currency": event.args["currency"],
    }


def offer_opened(event: Event) -> Iterator[Model]:
    """OfferOpened, also when it changes an offer that is open."""
    offer = event.args["offer"]
    yield Offer(
        **_key_of(event),
        price=int(offer["price"]),
        supply=int(offer["supply"]),
        starts_at=_time(offer["startsAt"]),
        ends_at=_time(offer["endsAt"]),
        wallet_cap=int(offer["walletCap"]),
        unit_price=int(offer["unitPrice"]),
        restricted=offer["allowRoot"] != ZERO_HASH or int(offer["gate"]["kind"]) != 0,
    )


def offer_closed(event: Event) -> Iterator[Model]:
    yield Offer(**_key_of(event), is_open=False, price=0, supply=0)


def entry_closed(event: Event) -> Iterator[Model]:
    yield EntryClosing(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        license_id=int(event.args["licenseId"]),
    )


def license_sold(event: Event) -> Iterator[Model]:
    yield LicenseSale(
        event_id=event.id,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        license_id=int(event.args["licenseId"]),
        holder=event.args["to"],
        payer=event.args["payer"],
        terms_hash=event.args["terms"],
        currency=event.args["currency"],
        price=int(event.args["price"]),
        quantity=int(event.args["quantity"]),
        version=int(event.args["version"]),
        ref=event.args["ref"],
        voucher=event.args["voucher"],
    )


def license_moved(event: Event) -> Iterator[tuple[Any, ...]]:
    """TransferSingle of DesignLicenses."""
    return _moved(event, [event.args["id"]], [event.args["value"]])


def licenses_moved(event: Event) -> Iterator[tuple[Any, ...]]:
    """TransferBatch of DesignLicenses."""
    return _moved(event, event.args["ids"], event.args["values"])


MOVEMENT = ("event_id", "position", "chain_id", "license_id", "entry_id", "sender", "receiver", "quantity")


def _moved(event: Event, ids: list[str], quantities: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of what moved. Nothing at all may be moved by anyone, of any id."""
    sender, receiver = event.args["from"], event.args["to"]
    for position, (license_id, quantity) in enumerate(zip(ids, quantities, strict=True)):
        if quantity != "0":
            entry_id = entry_of_license(int(license_id))
            yield event.id, position, event.chain_id, license_id, entry_id, sender, receiver, quantity


def license_revoked(event: Event) -> Iterator[Model]:
    """LicenseRevoked: of everything that the holder has now, by the movements before it."""
    license_id, holder = int(event.args["licenseId"]), event.args["holder"]
    block = ChainBlock.objects.filter(pk=event.block_id).values("number")
    earlier = Q(event__block__number__lt=block) | Q(event__block=event.block_id, event__log_index__lt=event.log_index)
    moved = LicenseMovement.objects.filter(earlier, chain_id=event.chain_id, license_id=license_id)
    got = moved.filter(receiver=holder).aggregate(total=Sum("quantity"))["total"] or 0
    gave = moved.filter(sender=holder).aggregate(total=Sum("quantity"))["total"] or 0
    yield LicenseRevocation(
        event_id=event.id,
        chain_id=event.chain_id,
        license_id=license_id,
        holder=holder,
        quantity=int(got) - int(gave),
        reason=event.args["reason"],
    )


def license_issued(event: Event) -> Iterator[Model]:
    return _expires(event, event.args["licenseId"], event.args["issue"]["expiresAt"])


def license_extended(event: Event) -> Iterator[Model]:
    """SubscriptionUpdate of DesignLicenses."""
    return _expires(event, event.args["tokenId"], event.args["expiration"])


def _expires(event: Event, license_id: str, expires_at: str) -> Iterator[Model]:
    yield LicenseExpiry(
        event_id=event.id, chain_id=event.chain_id, license_id=int(license_id), expires_at=_time(expires_at)
    )
