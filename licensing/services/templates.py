"""License templates: their canonical documents, and their hashes on chain."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from eth_utils.crypto import keccak

from contracts.chains import chain
from contracts.models import ChainEvent
from contracts.outbox import enqueue
from licensing.models import LicenseTemplate

ADD_TERMS = "add_terms"
TERMS_DIR = Path(__file__).resolve().parent.parent / "terms"


@dataclass(frozen=True)
class Shipped:
    """A sample template that ships with the product; a deployment may replace it."""

    code: str
    version: str
    title: str
    summary: str
    rights: dict[str, Any]
    position: int


SHIPPED = (
    Shipped(
        code="personal",
        version="1",
        title="Personal",
        summary="Print it and show it at home. No resale.",
        rights={
            "commercial_use": False,
            "copies_for_sale": 0,
            "derivatives": "private",
            "training": False,
            "transferable": True,
            "expires": False,
        },
        position=1,
    ),
    Shipped(
        code="commercial",
        version="1",
        title="Commercial",
        summary="Use it in products and client work, up to 5,000 copies.",
        rights={
            "commercial_use": True,
            "copies_for_sale": 5000,
            "derivatives": "in_products",
            "training": False,
            "transferable": True,
            "expires": False,
        },
        position=2,
    ),
)


def terms_document(*, code: str, version: str, rights: dict[str, Any], text: str) -> bytes:
    """The canonical form (RFC 8785) whose keccak-256 is the terms hash."""
    return rfc8785.dumps({"code": code, "version": version, "rights": rights, "text": text})


def terms_hash(document: bytes) -> str:
    return "0x" + keccak(document).hex()


@transaction.atomic
def ship_templates() -> list[LicenseTemplate]:
    """Bring the shipped templates into the database. Idempotent: the same terms keep their row."""
    templates = []
    for shipped in SHIPPED:
        text = (TERMS_DIR / f"{shipped.code}-{shipped.version}.md").read_text(encoding="utf-8")
        document = terms_document(code=shipped.code, version=shipped.version, rights=shipped.rights, text=text)
        LicenseTemplate.objects.filter(code=shipped.code, active=True).exclude(terms_hash=terms_hash(document)).update(
            active=False
        )
        template, _created = LicenseTemplate.objects.update_or_create(
            terms_hash=terms_hash(document),
            defaults={
                "code": shipped.code,
                "version": shipped.version,
                "title": shipped.title,
                "summary": shipped.summary,
                "text": text,
                "rights": shipped.rights,
                "position": shipped.position,
                "active": True,
            },
        )
        templates.append(template)
    return templates


@transaction.atomic
def announce_templates() -> int:
    """Register the hashes of active templates with the market, where it does not know them yet."""
    here = chain()
    known = set(
        ChainEvent.objects.filter(chain_id=here.chain_id, name="TermsAdded").values_list("args__terms", flat=True)
    )
    unknown = [t for t in LicenseTemplate.objects.filter(active=True) if t.terms_hash not in known]
    for template in unknown:
        address = settings.SITE_URL + reverse("licensing:terms", args=[template.terms_hash])
        enqueue(
            kind=ADD_TERMS,
            subject=f"licensing.licensetemplate:{template.terms_hash}",
            ref=keccak(f"{here.deployment.address('LicenseMarket')}:{template.terms_hash}".encode()),
            contract="LicenseMarket",
            function="addTerms",
            args=[template.terms_hash, address],
        )
    return len(unknown)
