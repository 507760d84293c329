"""License templates: their canonical documents, and their hashes on chain."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from common.hashing import keccak256
from contracts.chains import chain
from contracts.models import ChainEvent
from contracts.outbox import enqueue
from licensing.models import LicenseTemplate

DEFINE_TERMS = "define_terms"
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


# What contracts act on, in the order of DesignLicenses.TermsFacts.
FACTS = (
    ("transferable", "bool"),
    ("revocable", "bool"),
    ("exclusive", "bool"),
    ("derivatives", "bool"),
    ("binding", "bool"),
    ("laterVersions", "bool"),
    ("derivativePpm", "uint32"),
    ("resalePpm", "uint32"),
    ("period", "uint40"),
    ("units", "uint32"),
)
FACTS_TYPE = f"({','.join(kind for _name, kind in FACTS)})"


def facts_of(rights: dict[str, Any]) -> dict[str, bool | int]:
    """The facts that follow from a template's rights; what the rights do not name is at its usual value.

    `derivatives` is true only where works derived from the design may be registered: changing it at home or within
    a product is no such right. Texts that nobody may revoke say `"revocable": false`.
    """
    if rights.get("expires") and not rights.get("period"):
        raise ValueError("rights that expire must say their period, in seconds")
    return {
        "transferable": bool(rights.get("transferable", False)),
        "revocable": bool(rights.get("revocable", True)),
        "exclusive": bool(rights.get("exclusive", False)),
        "derivatives": rights.get("derivatives") == "registered",
        "binding": bool(rights.get("binding", False)),
        "laterVersions": bool(rights.get("later_versions", False)),
        "derivativePpm": int(rights.get("derivative_ppm", 0)),
        "resalePpm": int(rights.get("resale_ppm", 0)),
        "period": int(rights.get("period", 0)),
        "units": int(rights.get("units", 0)),
    }


def terms_document(*, code: str, version: str, rights: dict[str, Any], text: str) -> bytes:
    """The canonical form (RFC 8785), whose keccak-256 is the text's hash."""
    return rfc8785.dumps({"code": code, "version": version, "rights": rights, "text": text})


def text_hash(document: bytes) -> str:
    return "0x" + keccak256(document).hex()


def terms_hash(document: bytes, facts: dict[str, bool | int]) -> str:
    """What is sold: keccak256(abi.encode(textHash, facts)), so that no other facts can be put under a text."""
    from eth_abi.abi import encode

    return "0x" + keccak256(encode(["bytes32", FACTS_TYPE], [keccak256(document), tuple(facts.values())])).hex()


@transaction.atomic
def ship_templates() -> list[LicenseTemplate]:
    """Bring the shipped templates into the database. Idempotent: the same terms keep their row."""
    templates = []
    for shipped in SHIPPED:
        text = (TERMS_DIR / f"{shipped.code}-{shipped.version}.md").read_text(encoding="utf-8")
        document = terms_document(code=shipped.code, version=shipped.version, rights=shipped.rights, text=text)
        sold = terms_hash(document, facts_of(shipped.rights))
        LicenseTemplate.objects.filter(code=shipped.code, active=True).exclude(terms_hash=sold).update(active=False)
        template, _created = LicenseTemplate.objects.update_or_create(
            terms_hash=sold,
            defaults={
                "text_hash": text_hash(document),
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
    """Define the terms of active templates on chain, where they are not defined yet."""
    here = chain()
    known = set(
        ChainEvent.objects.filter(chain_id=here.chain_id, name="TermsDefined").values_list("args__terms", flat=True)
    )
    unknown = [t for t in LicenseTemplate.objects.filter(active=True) if t.terms_hash not in known]
    for template in unknown:
        address = settings.SITE_URL + reverse("licensing:terms", args=[template.terms_hash])
        enqueue(
            kind=DEFINE_TERMS,
            subject=f"licensing.licensetemplate:{template.terms_hash}",
            ref=keccak256(f"{here.deployment.address('DesignLicenses')}:{template.terms_hash}".encode()),
            contract="DesignLicenses",
            function="defineTerms",
            args=[template.text_hash, list(facts_of(template.rights).values()), address],
        )
    return len(unknown)
