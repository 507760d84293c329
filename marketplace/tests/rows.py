"""Rows as uploads and the indexer leave them, for tests of pages that only read: no chain is asked here."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageDraw

from accounts.models import User
from accounts.services import open_account
from common.identifiers import ZERO_ADDRESS, ZERO_HASH, entry_id_of, license_id_of, new_ref
from common.testing import addresses
from contracts.models import ChainBlock, ChainCursor, ChainEvent
from designs.models import (
    SHARE_UNITS,
    Asset,
    Contribution,
    Design,
    DesignVersion,
    EntryAncestor,
    Preview,
    ProcessingStep,
    ProvenanceRecord,
    RegistryEntry,
)
from designs.storage import preview_store
from licensing.models import LicenseMovement, LicenseSale, LicenseTemplate, Offer
from licensing.services.templates import ship_templates
from royalties.models import Payout, RevenueEvent, ShareMovement, Source
from studio.models import Consent, FirstOfferDraft, Publication
from studio.registration import OfferLine, ShareLine, digest_of, typed_data

PASSWORD = "violet harbor 17 lanterns"
TUSD = 1_000_000
REGISTRY = addresses()["DesignRegistry"]
CURRENCY = addresses()["TestStablecoin"]
STARTED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MESH_FACTS: dict[str, Any] = {
    "format": "glb",
    "triangles": 434_000,
    "degenerate_triangles": 0,
    "vertices": 217_010,
    "bounds": {"min": [-0.06, -0.06, 0.0], "max": [0.06, 0.06, 0.1194], "extent": [0.12, 0.12, 0.1194]},
    "watertight": True,
    "winding_consistent": True,
    "inside_out": False,
    "area": 0.112,
    "volume": 0.0002146,
    "bodies": 1,
    "units": "m",
    "up_axis": "y",
    "has_colors": False,
    "has_textures": False,
}
IMAGE_FACTS: dict[str, Any] = {
    "format": "png",
    "width": 3200,
    "height": 2400,
    "mode": "RGB",
    "has_alpha": False,
    "has_color_profile": True,
    "orientation": 1,
}
_logs = count(1)


def person(name: str) -> User:
    """An account that can sign in with PASSWORD."""
    return open_account(email=f"{name.lower().replace(' ', '.')}@example.org", password=PASSWORD, display_name=name)


def chain_read_to(number: int, *, final: int | None = None) -> None:
    """The indexer stands at this block; everything up to `final` (default: all of it) is final."""
    ChainCursor.objects.update_or_create(
        chain_id=settings.CHAINS["public"]["chain_id"],
        defaults={
            "number": number,
            "hash": _hash(f"block {number}"),
            "finalized_number": number if final is None else final,
            "finalized_hash": _hash("final"),
            "head_number": number,
            "reached_at": timezone.now(),
        },
    )


def templates() -> dict[str, LicenseTemplate]:
    """The license templates by code."""
    ship_templates()
    return {template.code: template for template in LicenseTemplate.objects.filter(active=True)}


def cover_bytes(size: tuple[int, int] = (480, 360)) -> bytes:
    image = Image.new("RGB", size, "#dcd8d0")
    ImageDraw.Draw(image).ellipse((size[0] // 4, size[1] // 8, size[0] * 3 // 4, size[1] * 7 // 8), "#6f8f88")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def draft(
    owner: User,
    title: str,
    *,
    kind: str = Design.Kind.IMAGE,
    parts: dict[User, tuple[str, int]] | None = None,
    prices: dict[str, int] | None = None,
    state: str = Design.State.DRAFT,
    steps: str = ProcessingStep.State.DONE,
    cover: bytes | None = None,
    content: str = "",
    **version: Any,
) -> Design:
    """A design with one version, its people (a role and units each), first offers by template code, and a cover."""
    design = Design.objects.create(
        owner=owner,
        title=title,
        description=f"{title}, made by a program.",
        tags=["lattice", "print-ready"],
        kind=kind,
        disclosure="not_ai",
        state=state,
    )
    digest = hashlib.sha256((content or f"{owner.pk} {title}").encode()).hexdigest()
    master, _ = Asset.objects.get_or_create(
        sha256=digest,
        defaults={
            "cid": f"bafkrei{digest[:52]}",
            "size": 4_812_907,
            "media_type": "model/gltf-binary" if kind == Design.Kind.MESH else "image/png",
        },
    )
    one = DesignVersion.objects.create(
        design=design,
        master=master,
        file_name="piece.glb" if kind == Design.Kind.MESH else "piece.png",
        facts=MESH_FACTS if kind == Design.Kind.MESH else IMAGE_FACTS,
        **{
            "model_name": "lattice-lantern",
            "model_version": "1.0",
            "parameters": {"period": 1.5, "thickness": 0.38},
            "seed": "7",
            **version,
        },
    )
    for position, name in enumerate((ProcessingStep.Name.INSPECT, ProcessingStep.Name.DERIVATIVES)):
        ProcessingStep.objects.create(version=one, name=name, position=position, state=steps)
    if steps == ProcessingStep.State.DONE:
        add_cover(one, cover or cover_bytes())
    people = parts or {owner: (Contribution.Role.DESIGNER, SHARE_UNITS)}
    for account, (role, units) in people.items():
        Contribution.objects.create(design=design, account=account, role=role, units=units)
    if prices:
        known = templates()
        for code, price in prices.items():
            FirstOfferDraft.objects.create(design=design, template=known[code], price=price)
    return design


def add_cover(version: DesignVersion, content: bytes) -> None:
    """A picture of the version, as processing leaves it."""
    with Image.open(io.BytesIO(content)) as image:
        width, height = image.size
    blob = preview_store().put(io.BytesIO(content), max_bytes=20_000_000)
    Preview.objects.create(
        version=version,
        kind=Preview.Kind.IMAGE,
        sha256=blob.sha256,
        media_type="image/jpeg",
        width=width,
        height=height,
        size=len(content),
    )


def publication(design: Design, *, accepted: bool = True, state: str = Publication.State.SUBMITTED) -> Publication:
    """The draft frozen; its creator has signed, the others too where `accepted`."""
    version = design.versions.get()
    creator = design.owner.custody_key.address
    record = ProvenanceRecord.objects.create(version=version, fields={}, salts={}, root=_hash(f"root {design.pk}"))
    parts = list(design.contributions.select_related("account__custody_key"))
    deadline = timezone.now().replace(microsecond=0) + timedelta(days=7)
    data = typed_data(
        chain_id=settings.CHAINS["public"]["chain_id"],
        registry=REGISTRY,
        creator=creator,
        output_hash=version.master.output_hash,
        record_root=record.root,
        shares=[ShareLine(part.account.custody_key.address, part.units) for part in parts],
        offers=[
            OfferLine(offer.template.terms_hash, CURRENCY, offer.price, offer.supply)
            for offer in design.first_offers.select_related("template")
        ],
        deadline=int(deadline.timestamp()),
    )
    frozen = Publication.objects.create(
        design=design,
        version=version,
        record=record,
        chain_id=settings.CHAINS["public"]["chain_id"],
        registry=REGISTRY,
        creator=creator,
        entry_id=entry_id_of(creator=creator, output_hash=version.master.output_hash),
        typed_data=data,
        digest=digest_of(data),
        deadline=deadline,
        state=state,
    )
    for position, part in enumerate(parts):
        signed = accepted or part.account_id == design.owner_id
        Consent.objects.create(
            publication=frozen,
            account=part.account,
            position=position,
            address=part.account.custody_key.address,
            role=part.role,
            units=part.units,
            state=Consent.State.ACCEPTED if signed else Consent.State.ASKED,
            signature=b"\x01" * 65 if signed else None,
            decided_at=timezone.now() if signed else None,
        )
    return frozen


def anchor(design: Design, *, block: int, prices: dict[str, int] | None = None) -> None:
    """The registration as the indexer projects it: entry, shares and first offers (supply 0)."""
    version = design.versions.get()
    creator = design.owner.custody_key.address
    entry_id = entry_id_of(creator=creator, output_hash=version.master.output_hash)
    Design.objects.filter(pk=design.pk).update(
        state=Design.State.ANCHORING, chain_id=settings.CHAINS["public"]["chain_id"], entry_id=entry_id
    )
    design.refresh_from_db()
    RegistryEntry.objects.create(
        event=_event("DesignRegistry", "EntryRegistered", block),
        chain_id=design.chain_id,
        entry_id=entry_id,
        creator=creator,
        output_hash=version.master.output_hash,
        kind=RegistryEntry.Kind.DESIGN,
        record_root=_hash(f"root {design.pk}"),
        claimed_at=STARTED + timedelta(seconds=5 * block),
        signers=[creator],
        custodial=[True],
    )
    for part in design.contributions.select_related("account__custody_key"):
        ShareMovement.objects.create(
            event=_event("DesignShares", "TransferSingle", block),
            chain_id=design.chain_id,
            entry_id=entry_id,
            sender=ZERO_ADDRESS,
            receiver=part.account.custody_key.address,
            units=part.units,
        )
    known = templates()
    for code, price in (prices or {"personal": 18 * TUSD}).items():
        Offer.objects.create(
            event=_event("LicenseMarket", "OfferOpened", block),
            chain_id=design.chain_id,
            entry_id=entry_id,
            terms_hash=known[code].terms_hash,
            currency=CURRENCY,
            price=price,
            supply=0,
        )


def sale(design: Design, buyer: User, *, block: int, code: str = "personal", ref: str = "") -> int:
    """A license sold, with its money; returns the license id."""
    offer = Offer.objects.filter(entry_id=design.entry_id, terms_hash=templates()[code].terms_hash).latest("pk")
    holder = buyer.custody_key.address
    license_id = license_id_of(entry_id=offer.entry_id, terms_hash=offer.terms_hash)
    ref = ref or new_ref()
    where = {"chain_id": offer.chain_id, "entry_id": offer.entry_id}
    fee = offer.price // 20
    RevenueEvent.objects.create(
        event=_event("DesignShares", "RevenueReceived", block),
        currency=CURRENCY,
        gross=offer.price,
        fee=fee,
        ancestors=0,
        own=offer.price - fee,
        source=1,
        ref=ref,
        **where,
    )
    LicenseMovement.objects.create(
        event=_event("DesignLicenses", "TransferSingle", block),
        license_id=license_id,
        sender=ZERO_ADDRESS,
        receiver=holder,
        quantity=1,
        **where,
    )
    LicenseSale.objects.create(
        event=_event("LicenseMarket", "LicenseSold", block),
        license_id=license_id,
        holder=holder,
        payer=holder,
        terms_hash=offer.terms_hash,
        currency=CURRENCY,
        price=offer.price,
        quantity=1,
        ref=ref,
        **where,
    )
    return license_id


def swept(design: Design, amount: int, *, block: int) -> None:
    """Royalties that another market paid."""
    _revenue(design, amount, block=block, source=Source.INBOX)


def owes(derived: Design, ancestor: Design, amount: int, *, block: int) -> None:
    """A derived work that owes a tenth of what it earns, and has earned `amount`."""
    EntryAncestor.objects.create(
        event=_event("DesignRegistry", "AncestorsFixed", block),
        position=0,
        chain_id=derived.chain_id,
        entry_id=derived.entry_id,
        ancestor_id=ancestor.entry_id,
        ppm=100_000,
        binding_ppm=100_000,
        direct=True,
    )
    _revenue(derived, amount, block=block, source=Source.DONATION, ancestors=amount // 10)


def _revenue(design: Design, amount: int, *, block: int, source: int, ancestors: int = 0) -> None:
    RevenueEvent.objects.create(
        event=_event("DesignShares", "RevenueReceived", block),
        chain_id=design.chain_id,
        entry_id=design.entry_id,
        currency=CURRENCY,
        gross=amount,
        fee=0,
        ancestors=ancestors,
        own=amount - ancestors,
        source=source,
        ref=ZERO_HASH,
    )


def payout(design: Design, holder: User, amount: int, *, block: int, to: str = "") -> None:
    Payout.objects.create(
        event=_event("DesignShares", "Claimed", block),
        chain_id=design.chain_id,
        entry_id=design.entry_id,
        currency=CURRENCY,
        holder=holder.custody_key.address,
        paid_to=to or holder.custody_key.address,
        amount=amount,
    )


def _hash(text: str) -> str:
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def _event(contract: str, name: str, number: int) -> ChainEvent:
    chain_id = settings.CHAINS["public"]["chain_id"]
    block, _ = ChainBlock.objects.get_or_create(
        chain_id=chain_id,
        number=number,
        defaults={
            "hash": _hash(f"block {number}"),
            "parent_hash": _hash(f"block {number - 1}") if number else ZERO_HASH,
            "timestamp": STARTED + timedelta(seconds=5 * number),
            "has_events": True,
        },
    )
    return ChainEvent.objects.create(
        block=block,
        chain_id=chain_id,
        contract=contract,
        address=REGISTRY,
        name=name,
        args={},
        transaction_hash=_hash(f"transaction {number}"),
        transaction_index=0,
        log_index=next(_logs),
    )
