"""Chain events of the market and the licenses, as rows."""

from common.identifiers import entry_id_hex, entry_of_license
from contracts.models import ChainEvent
from licensing.models import LicenseMovement, LicenseSale, Offer


def offer_opened(event: ChainEvent) -> None:
    Offer.objects.create(
        event=event,
        chain_id=event.chain_id,
        entry_id=entry_id_hex(int(event.args["entryId"])),
        terms_hash=event.args["terms"],
        currency=event.args["currency"],
        price=int(event.args["price"]),
        supply=int(event.args["supply"]),
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
        ref=event.args["ref"],
    )


def license_moved(event: ChainEvent) -> None:
    """TransferSingle of DesignLicenses."""
    _move(event, [event.args["id"]], [event.args["value"]])


def licenses_moved(event: ChainEvent) -> None:
    """TransferBatch of DesignLicenses."""
    _move(event, event.args["ids"], event.args["values"])


def _move(event: ChainEvent, ids: list[str], quantities: list[str]) -> None:
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
    )
