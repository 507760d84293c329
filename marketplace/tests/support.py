"""Building published designs for tests: through the services, and through the projections with made-up events."""

import io
from collections.abc import Sequence
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import User
from common.identifiers import ZERO_ADDRESS, ZERO_HASH, license_id_of
from common.testing import PASSWORD, addresses
from contracts.chains import chain
from contracts.hooks import Event, projections_of
from contracts.indexer.projecting import Projector
from contracts.models import ChainBlock, ChainCursor, ChainEvent
from designs.models import SHARE_UNITS, Design, ProcessingStep
from designs.services.received import ReceivedFile
from designs.services.upload import MadeWith, Part, create_draft
from licensing.models import LicenseTemplate
from licensing.services.templates import ship_templates
from studio.models import Publication
from studio.services.drafts import OfferWish, set_first_offers
from studio.services.publishing import freeze_and_sign

PERSONAL_PRICE = 18_000_000
_numbers = count(1)


def draft_of(
    owner: User,
    content: bytes,
    *,
    parts: Sequence[Part] | None = None,
    title: str = "Gyroid Lantern",
    file_name: str = "lantern.png",
    **fields: Any,
) -> Design:
    """A draft of this file whose processing is over."""
    design = create_draft(
        owner=owner,
        title=title,
        description=fields.pop("description", "A lantern."),
        tags=fields.pop("tags", ["lantern"]),
        disclosure=fields.pop("disclosure", "not_ai"),
        attachments=fields.pop("attachments", ()),
        made_with=MadeWith(**fields),
        master=ReceivedFile(io.BytesIO(content), file_name),
        parts=parts or [Part(owner, "designer", SHARE_UNITS)],
    )
    ProcessingStep.objects.filter(version__design=design).update(state="done", percent=100)
    Design.objects.filter(pk=design.pk).update(state=Design.State.DRAFT)
    design.refresh_from_db()
    return design


def with_offer(design: Design, *, price: int = PERSONAL_PRICE) -> Design:
    ship_templates()
    personal = LicenseTemplate.objects.get(code="personal", active=True)
    set_first_offers(actor=design.owner, design=design, offers=[OfferWish(template=personal, price=price)])
    return design


def submitted(owner: User, content: bytes, **draft: Any) -> tuple[Design, Publication]:
    """A design of one creator whose registration has been handed to the outbox."""
    design = with_offer(draft_of(owner, content, **draft))
    publication = freeze_and_sign(actor=owner, work=design, password=PASSWORD)
    design.refresh_from_db()
    publication.refresh_from_db()
    return design, publication


def block_at(number: int) -> ChainBlock:
    chain_id = chain().chain_id
    block, _created = ChainBlock.objects.get_or_create(
        chain_id=chain_id,
        number=number,
        defaults={
            "hash": f"0x{number:064x}",
            "parent_hash": f"0x{number - 1:064x}",
            "timestamp": timezone.now(),
            "has_events": True,
        },
    )
    return block


def event(
    contract: str, name: str, args: dict[str, Any], *, block: int, transaction: int = 0, gap: int = 0
) -> ChainEvent:
    """An event as the indexer stores and projects it: in a transaction of its own, or in a numbered one; `gap` logs of
    contracts that are not ours stand before it."""
    for _log in range(gap):
        next(_numbers)
    number = next(_numbers)
    stored = ChainEvent.objects.create(
        block=block_at(block),
        chain_id=chain().chain_id,
        contract=contract,
        address=addresses()[contract],
        name=name,
        args=args,
        transaction_hash=f"0x{transaction or number:064x}",
        transaction_index=0,
        log_index=number,
    )
    projector = Projector()
    projector.take(
        Event(
            stored.pk,
            stored.chain_id,
            stored.block_id,
            contract,
            name,
            args,
            stored.transaction_hash,
            number,
        ),
        projections_of(contract, name),
    )
    projector.flush()
    return stored


def head_at(number: int) -> None:
    """Let our cursor stand at this block, which is final."""
    ChainCursor.objects.update_or_create(
        chain_id=chain().chain_id,
        defaults={
            "number": number,
            "hash": f"0x{number:064x}",
            "finalized_number": number,
            "finalized_hash": f"0x{number:064x}",
            "head_number": number,
            "reached_at": timezone.now(),
        },
    )


def anchored(publication: Publication, *, block: int, claimed_at: int = 0) -> None:
    """The events of a registration: entry, shares, offers. It was claimed in its block, or at an earlier time."""
    message = publication.typed_data["message"]
    entry = int(publication.entry_id, 16)
    event(
        "DesignRegistry",
        "EntryRegistered",
        {
            "entryId": str(entry),
            "creator": message["creator"],
            "outputHash": message["outputHash"],
            "kind": str(message["kind"]),
            "recordRoot": message["recordRoot"],
            "claimedAt": str(claimed_at or int(block_at(block).timestamp.timestamp())),
            "signers": [consent.address for consent in publication.consents.all()],
            "custodial": str(sum(1 << one.position for one in publication.consents.all() if one.custodial)),
        },
        block=block,
    )
    for share in message["shares"]:
        args = {"operator": ZERO_ADDRESS, "from": ZERO_ADDRESS, "to": share["holder"]}
        event(
            "DesignShares",
            "TransferSingle",
            {**args, "id": str(entry), "value": str(share["units"])},
            block=block,
        )
    for offer in message["offers"]:
        offered(entry, offer["terms"], block=block, price=int(offer["price"]), supply=offer["supply"])


def offered(
    entry: int,
    terms: str,
    *,
    block: int,
    price: int = PERSONAL_PRICE,
    supply: int = 0,
    currency: str = "",
    **more: Any,
) -> None:
    """The event of an offer that opens or changes; `more` are further members of OfferTerms."""
    offer = {
        "price": str(price),
        "supply": str(supply),
        "startsAt": "0",
        "endsAt": "0",
        "walletCap": "0",
        "unitPrice": "0",
        "allowRoot": ZERO_HASH,
        "gate": {"kind": "0", "token": ZERO_ADDRESS, "id": "0", "minimum": "0"},
        **more,
    }
    key = {"entryId": str(entry), "terms": terms, "currency": currency or addresses()["TestStablecoin"]}
    event("LicenseMarket", "OfferOpened", {**key, "offer": offer}, block=block)


def published(owner: User, content: bytes, *, block: int = 5, **draft: Any) -> Design:
    """A design that stands on chain, as our projections see it."""
    design, publication = submitted(owner, content, **draft)
    anchored(publication, block=block)
    head_at(block + 10)
    return design


def sold(design: Design, *, to: str, block: int, ref: str = ZERO_HASH, price: int = PERSONAL_PRICE) -> int:
    """The events of one sale; the license id."""
    entry = int(design.entry_id or "", 16)
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    license_id = license_id_of(entry_id=design.entry_id or "", terms_hash=terms)
    currency = addresses()["TestStablecoin"]
    fee = price * 50_000 // 1_000_000
    event(
        "DesignShares",
        "RevenueReceived",
        {
            "entryId": str(entry),
            "currency": currency,
            "ref": ref,
            "gross": str(price),
            "fee": str(fee),
            "ancestors": "0",
            "own": str(price - fee),
            "source": "1",
        },
        block=block,
    )
    event(
        "LicenseMarket",
        "LicenseSold",
        {
            "entryId": str(entry),
            "licenseId": str(license_id),
            "to": to,
            "payer": addresses()["AccessManager"],
            "terms": terms,
            "currency": currency,
            "price": str(price),
            "quantity": "1",
            "version": "1",
            "ref": ref,
            "voucher": ZERO_HASH,
        },
        block=block,
    )
    moved = {"operator": ZERO_ADDRESS, "from": ZERO_ADDRESS, "to": to, "id": str(license_id), "value": "1"}
    event("DesignLicenses", "TransferSingle", moved, block=block)
    return license_id
