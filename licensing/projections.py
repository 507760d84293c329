"""Chain events of the market and the licenses, as rows."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import Sum

from common.identifiers import ZERO_HASH, entry_id_hex, entry_of_license
from contracts.models import ChainEvent
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


def _key_of(event: ChainEvent) -> dict[str, Any]:
    return {
        "event": event,
        "chain_id": event.chain_id,
        "entry_id": entry_id_hex(int(event.args["entryId"])),
        "terms_hash": event.args["terms"],
        "currency": event.args["currency"],
    }


def offer_opened(event: ChainEvent) -> None:
    """OfferOpened, also when it changes an offer that is open."""
    offer = event.args["offer"]
    Offer.objects.create(
        **_key_of(event),
        price=int(offer["price"]),
        supply=int(offer["supply"]),
        starts_at=_time(offer["startsAt"]),
        ends_at=_time(offer["endsAt"]),
        wallet_cap=int(offer["walletCap"]),
        unit_price=int(offer["unitPrice"]),
        restricted=offer["allowRoot"] != ZERO_HASH or int(offer["gate"]["kind"]) != 0,
    )


def offer_closed(event: ChainEvent) -> None:
    Offer.objects.create(**_key_of(event), is_open=False, price=0, supply=0)


def entry_closed(event: ChainEvent) -> None:
    EntryClosing.objects.create(
        event=event,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        license_id=int(event.args["licenseId"]),
    )


def license_sold(event: ChainEvent) -> None:
    LicenseSale.objects.create(
        event=event,
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


def license_moved(event: ChainEvent) -> None:
    """TransferSingle of DesignLicenses."""
    _move(event, [event.args["id"]], [event.args["value"]])


def licenses_moved(event: ChainEvent) -> None:
    """TransferBatch of DesignLicenses."""
    _move(event, event.args["ids"], event.args["values"])


def _move(event: ChainEvent, ids: list[str], quantities: list[str]) -> None:
    """Rows of what moved. Nothing at all may be moved by anyone, of any id."""
    LicenseMovement.objects.bulk_create(
        LicenseMovement(
            event=event,
            position=position,
            chain_id=event.chain_id,
            license_id=int(license_id),
            entry_id=entry_of_license(int(license_id)),
            sender=event.args["from"],
            receiver=event.args["to"],
            quantity=int(quantity),
        )
        for position, (license_id, quantity) in enumerate(zip(ids, quantities, strict=True))
        if int(quantity)
    )


def license_revoked(event: ChainEvent) -> None:
    """LicenseRevoked: of everything that the holder has now, by the movements before it."""
    license_id, holder = int(event.args["licenseId"]), event.args["holder"]
    moved = LicenseMovement.objects.filter(chain_id=event.chain_id, license_id=license_id)
    got = moved.filter(receiver=holder).aggregate(total=Sum("quantity"))["total"] or 0
    gave = moved.filter(sender=holder).aggregate(total=Sum("quantity"))["total"] or 0
    LicenseRevocation.objects.create(
        event=event,
        chain_id=event.chain_id,
        license_id=license_id,
        holder=holder,
        quantity=int(got) - int(gave),
        reason=event.args["reason"],
    )


def license_issued(event: ChainEvent) -> None:
    _expires(event, event.args["licenseId"], event.args["issue"]["expiresAt"])


def license_extended(event: ChainEvent) -> None:
    """SubscriptionUpdate of DesignLicenses."""
    _expires(event, event.args["tokenId"], event.args["expiration"])


def _expires(event: ChainEvent, license_id: str, expires_at: str) -> None:
    LicenseExpiry.objects.create(
        event=event, chain_id=event.chain_id, license_id=int(license_id), expires_at=_time(expires_at)
    )
