"""License terms: they ship, one version of each is sold, and their hash is of the document that anyone can fetch."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from eth_utils.crypto import keccak

from contracts.chains import chain
from contracts.models import ChainTransaction
from licensing.models import LicenseTemplate
from licensing.services import templates
from licensing.services.templates import announce_templates, facts_of, ship_templates, terms_document
from marketplace.tests.pages import page, text
from marketplace.tests.support import event

pytestmark = pytest.mark.django_db

STANDS = "a contract between you and the licensors of the design, whether or not copyright exists in it"
SECTIONS = ("Grant.", "Warranty of rights.", "Disclosure.", "Liability.", "Revocation.", "Law.")


def test_personal_and_commercial_ship_and_stay_the_same_rows() -> None:
    first = ship_templates()
    assert [(one.code, one.version, one.active) for one in first] == [
        ("personal", "1", True),
        ("commercial", "1", True),
    ]

    assert [one.pk for one in ship_templates()] == [one.pk for one in first]
    assert LicenseTemplate.objects.count() == 2


@pytest.mark.parametrize("code", ["personal", "commercial"])
def test_a_shipped_text_stands_as_a_contract_and_says_that_it_is_a_sample(code: str) -> None:
    ship_templates()
    template = LicenseTemplate.objects.get(code=code)
    seen = text(page(None, reverse("licensing:terms", args=[template.terms_hash])))

    assert "Sample, not reviewed by a lawyer" in seen
    assert STANDS in seen
    for number, words in enumerate(SECTIONS):
        assert words in seen, number


def test_the_hash_is_of_the_document_that_is_served(client: Client) -> None:
    for template in ship_templates():
        answer = client.get(reverse("licensing:terms_document", args=[template.terms_hash]))

        assert answer["Content-Type"] == "application/json"
        assert "0x" + keccak(answer.content).hex() == template.text_hash
        assert templates.terms_hash(answer.content, facts_of(template.rights)) == template.terms_hash
        document = json.loads(answer.content)
        assert document["rights"] == template.rights
        assert document["text"] == template.text
        assert document["rights"]["training"] is False


def test_one_other_character_is_another_hash() -> None:
    template = ship_templates()[0]
    same = {"code": template.code, "version": template.version, "rights": template.rights}

    facts = facts_of(template.rights)
    document = terms_document(**same, text=template.text)

    assert templates.terms_hash(document, facts) == template.terms_hash
    assert templates.terms_hash(terms_document(**same, text=template.text + " "), facts) != template.terms_hash
    other = {**template.rights, "training": True}
    assert templates.terms_hash(terms_document(**{**same, "rights": other}, text=template.text), facts) != (
        template.terms_hash
    )
    assert templates.terms_hash(document, {**facts, "transferable": False}) != template.terms_hash


@pytest.fixture
def newer(monkeypatch: Any, tmp_path: Any) -> str:
    """A deployment that replaces the personal terms by a version 2 of its own; the hash of version 1."""
    before = {template.code: template for template in ship_templates()}
    (tmp_path / "personal-2.md").write_text("1. **Grant.** Newer.\n")
    (tmp_path / "commercial-1.md").write_text(before["commercial"].text)
    monkeypatch.setattr(templates, "TERMS_DIR", tmp_path)
    personal, commercial = templates.SHIPPED
    monkeypatch.setattr(templates, "SHIPPED", (replace(personal, version="2"), commercial))
    ship_templates()
    return before["personal"].terms_hash


def test_a_newer_version_takes_the_place_of_the_one_before_in_what_is_sold(newer: str) -> None:
    assert list(LicenseTemplate.objects.filter(active=True).values_list("code", "version")) == [
        ("personal", "2"),
        ("commercial", "1"),
    ]
    assert LicenseTemplate.objects.get(terms_hash=newer).active is False


def test_the_older_terms_stay_readable_for_those_who_hold_them(newer: str, client: Client) -> None:
    seen = text(page(None, reverse("licensing:terms", args=[newer])))

    assert "Personal license, version 1" in seen
    assert "A newer version is sold today Licenses sold under this one keep it." in seen
    document = client.get(reverse("licensing:terms_document", args=[newer])).content
    assert "0x" + keccak(document).hex() == LicenseTemplate.objects.get(terms_hash=newer).text_hash


def test_two_active_versions_of_one_license_cannot_be(newer: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LicenseTemplate.objects.filter(terms_hash=newer).update(active=True)


@pytest.mark.parametrize("terms_hash", ["0x" + "0" * 64, "0x", "x" * 200, "..", "0X" + "AB" * 32])
def test_terms_that_nobody_wrote_are_not_found(client: Client, terms_hash: str) -> None:
    ship_templates()

    for name in ("terms", "terms_document"):
        assert client.get(reverse(f"licensing:{name}", args=[terms_hash])).status_code == 404


@pytest.mark.usefixtures("recorded_deployment")
def test_the_terms_are_defined_once() -> None:
    shipped = ship_templates()

    assert announce_templates() == 2
    announce_templates()

    planned = {action.args[0]: action for action in ChainTransaction.objects.filter(kind="define_terms")}
    assert sorted(planned) == sorted(template.text_hash for template in shipped)
    for template in shipped:
        _text, facts, address = planned[template.text_hash].args
        assert facts == [True, True, False, False, False, False, 0, 0, 0, 0]
        assert address.endswith(f"/library/terms/{template.terms_hash}/")


@pytest.mark.usefixtures("recorded_deployment")
def test_what_is_defined_already_is_not_defined_again() -> None:
    personal, commercial = ship_templates()
    event("DesignLicenses", "TermsDefined", {"terms": personal.terms_hash, "uri": "x"}, block=3)

    assert announce_templates() == 1

    assert ChainTransaction.objects.get().args[0] == commercial.text_hash
    assert ChainTransaction.objects.get().chain_id == chain().chain_id
