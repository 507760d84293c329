"""What a design was made with: named by entry or by hash and license, in its record, and earning where it asks."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from jsonschema import Draft202012Validator

from accounts.models import User
from common.identifiers import ZERO_HASH
from common.testing import PASSWORD
from designs.models import Design, ProvenanceRecord, Reference
from designs.provenance.schemas import schema_text
from designs.services.resource_pages import take_down
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import draft_of, event, with_offer
from studio.errors import PublishingError
from studio.models.terms import ParentDraft
from studio.services.lineage import set_parents
from studio.services.publishing import freeze_and_sign
from studio.services.references import drop_reference, refer_elsewhere, refer_to_entry
from studio.tests.resources import registered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

OWNER = "0x" + "5a" * 20
HASH = "ab" * 32


def entry_of(number: int, *, kind: int, ppm: int | None = None) -> str:
    """A model, program or dataset on chain; open to derived works for this part of their sales, if any is given."""
    registered = {
        "entryId": str(number), "creator": OWNER, "outputHash": f"0x{number:064x}", "kind": str(kind),
        "recordRoot": f"0x{number + 1:064x}", "claimedAt": "1700000000", "signers": [OWNER], "custodial": "0",
    }  # fmt: skip
    event("DesignRegistry", "EntryRegistered", registered, block=3)
    if ppm is not None:
        terms = {"entryId": str(number), "open": True, "binding": False, "ppm": str(ppm)}
        event("DesignRegistry", "StandingChanged", terms, block=3)
    return f"0x{number:032x}"


@pytest.fixture
def draft(creator: User, png: bytes) -> Design:
    return with_offer(draft_of(creator, png, disclosure="ai_generated"))


def refer(design: Design, kind: str, entry_id: str) -> bool:
    return refer_to_entry(actor=design.owner, design=design, kind=kind, entry_id=entry_id)


def elsewhere(design: Design, **changes: Any) -> Reference:
    stated = {"kind": "dataset", "name": "Shapes", "license": "CC-BY-4.0", "sha256": HASH, **changes}
    return refer_elsewhere(actor=design.owner, design=design, **stated)


def test_all_that_was_named_stands_in_the_record(draft: Design) -> None:
    model = entry_of(11, kind=1, ppm=50_000)
    program = entry_of(12, kind=2)
    assert refer(draft, "model", model) is True
    assert refer(draft, "program", program) is False
    elsewhere(draft, address="https://example.org/shapes")
    elsewhere(draft, kind="model", name="base", license="openrail", sha256="", without_hash="hosted")
    publication = freeze_and_sign(actor=draft.owner, work=draft, password=PASSWORD)
    record = publication.record
    assert record.schema == 4
    assert record.fields["models"] == [
        {"entry": model},
        {"name": "base", "sha256": None, "without_hash": "hosted", "license": "openrail", "address": None},
    ]
    assert record.fields["programs"] == [{"entry": program}]
    assert record.fields["datasets"] == [
        {
            "name": "Shapes",
            "sha256": "0x" + HASH,
            "without_hash": None,
            "license": "CC-BY-4.0",
            "address": "https://example.org/shapes",
        }
    ]
    whole = {"version": record.schema, "root": record.root, "fields": record.fields, "salts": record.salts}
    assert list(Draft202012Validator(json.loads(schema_text("record-4"))).iter_errors(whole)) == []
    # Its owners earn: the model is a parent in what everyone signs, and the record says so.
    assert record.fields["parents"] == [model]
    [parent] = publication.typed_data["message"]["parents"]
    assert (int(str(parent["entryId"]), 0), parent["maxPpm"]) == (11, 50_000)


@pytest.mark.parametrize(
    ("stated", "code"), [({"sha256": ""}, "no_hash"), ({"without_hash": "hosted"}, "hash_and_reason")]
)
def test_what_stands_elsewhere_has_a_hash_or_says_why_not(draft: Design, stated: dict[str, str], code: str) -> None:
    with pytest.raises(PublishingError) as refusal:
        elsewhere(draft, **stated)
    assert refusal.value.code == code
    assert not Reference.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Reference.objects.create(
            version=draft.versions.get(), kind="model", name="a", license="b", sha256=HASH, without_hash="hosted"
        )


@pytest.mark.parametrize("why", Reference.WithoutHash.values)
def test_why_there_is_no_hash_stands_on_the_page_and_in_the_record(draft: Design, why: str) -> None:
    label = str(Reference.WithoutHash(why).label)
    typed = {"kind": "model", "name": "Hosted", "license": "proprietary", "sha256": "", "without_hash": why}
    address = reverse("studio:references", args=[draft.public_id])
    posted = {"wish": "elsewhere", **{f"elsewhere-{name}": value for name, value in typed.items()}}
    assert signed_in(draft.owner).post(address, posted).status_code == 302
    assert f"No hash. {label}." in text(page(draft.owner, reverse("studio:design", args=[draft.public_id])))

    record = freeze_and_sign(actor=draft.owner, work=draft, password=PASSWORD).record

    assert record.fields["models"][0]["without_hash"] == why
    whole = {"version": record.schema, "root": record.root, "fields": record.fields, "salts": record.salts}
    assert list(Draft202012Validator(json.loads(schema_text("record-4"))).iter_errors(whole)) == []


def test_what_was_named_before_a_reason_was_asked_for_is_shown_and_asked_for_before_it_is_signed(draft: Design) -> None:
    Reference.objects.create(version=draft.versions.get(), kind="model", name="Old", license="MIT")
    assert "No hash was stated." in page(draft.owner, reverse("studio:design", args=[draft.public_id]))

    with pytest.raises(PublishingError, match="“Old” is named without its SHA-256") as refusal:
        freeze_and_sign(actor=draft.owner, work=draft, password=PASSWORD)

    assert refusal.value.code == "no_hash"
    assert not ProvenanceRecord.objects.exists()
    Reference.objects.all().delete()
    freeze_and_sign(actor=draft.owner, work=draft, password=PASSWORD)


def test_the_parents_page_keeps_what_a_draft_was_made_with(draft: Design) -> None:
    model = entry_of(11, kind=1, ppm=50_000)
    refer(draft, "model", model)
    assert set_parents(actor=draft.owner, design=draft, parents=[]).ppm == 50_000
    assert list(draft.parent_drafts.values_list("entry_id", flat=True)) == [model]
    answer = signed_in(draft.owner).post(reverse("studio:parents", args=[draft.public_id]), {"remove": model})
    assert "It is named among what your design was made with. Take it off there." in text(answer.content.decode())
    assert draft.parent_drafts.count() == 1


def test_the_parents_page_takes_no_null_character_to_the_database(draft: Design) -> None:
    mine, address = signed_in(draft.owner), reverse("studio:parents", args=[draft.public_id])
    assert mine.post(address, {"remove": "0x\x00", "q": "sh\x00apes"}).status_code in (302, 400)
    refer(draft, "model", entry_of(11, kind=1, ppm=50_000))
    refused = mine.post(address, {"remove": f"0x{11:032x}\x00", "q": "sh\x00apes"})
    assert refused.status_code == 400


def test_who_names_a_model_that_was_taken_down_learns_no_name(draft: Design, stranger: User) -> None:
    resource = registered(stranger, name="Insult")
    refer(draft, "model", str(resource.entry_id))
    publish = reverse("studio:publish", args=[draft.public_id])
    assert "Insult" in page(draft.owner, publish)
    assert take_down(resource)
    assert "Insult" not in page(draft.owner, publish)
    assert "Insult" not in page(draft.owner, reverse("studio:parents", args=[draft.public_id]))


def test_who_names_a_design_that_was_taken_down_learns_no_name_and_may_take_it_off(
    draft: Design, stranger: User
) -> None:
    parents = [rows.draft(stranger, title) for title in ("Slander", "Estuary")]
    for place, parent in enumerate(parents):
        rows.anchor(parent, block=20)
        named = {"chain_id": parent.chain_id, "entry_id": parent.entry_id, "max_ppm": 0}
        ParentDraft.objects.create(design=draft, position=place, **named)
    address = reverse("studio:parents", args=[draft.public_id])
    assert "Slander" in page(draft.owner, address)
    Design.objects.filter(pk=parents[0].pk).update(state=Design.State.TAKEN_DOWN)

    shown = page(draft.owner, address)

    assert "Slander" not in shown
    assert parents[0].get_absolute_url() not in shown
    assert str(parents[0].entry_id) in shown
    assert "Estuary" in shown
    assert parents[1].get_absolute_url() in shown


def test_a_reference_that_is_taken_off_earns_no_more(draft: Design) -> None:
    model = entry_of(11, kind=1, ppm=50_000)
    refer(draft, "model", model)
    assert list(draft.parent_drafts.values_list("entry_id", "max_ppm")) == [(model, 50_000)]
    number = Reference.objects.get().pk
    assert drop_reference(actor=draft.owner, design=draft, number=number + 1) is False
    assert drop_reference(actor=draft.owner, design=draft, number=number) is True
    assert not draft.parent_drafts.exists()
    assert not Reference.objects.exists()


@pytest.mark.parametrize(
    ("kind", "entry", "code"),
    [("program", 11, "other_kind"), ("model", 99, "no_such_entry"), ("model", 13, "entry_not_available")],
)
def test_an_entry_that_cannot_be_named_is_refused(draft: Design, kind: str, entry: int, code: str) -> None:
    entry_of(11, kind=1)
    entry_of(13, kind=1)
    event(
        "DesignRegistry",
        "StatusChanged",
        {"entryId": "13", "status": "3", "reason": ZERO_HASH, "by": OWNER},
        block=4,
    )
    with pytest.raises(PublishingError) as refusal:
        refer(draft, kind, f"0x{entry:032x}")
    assert refusal.value.code == code
    assert not Reference.objects.exists()


def test_together_they_may_not_ask_for_more_than_the_registry_allows(draft: Design) -> None:
    refer(draft, "model", entry_of(11, kind=1, ppm=300_000))
    with pytest.raises(PublishingError) as refusal:
        refer(draft, "dataset", entry_of(12, kind=3, ppm=300_000))
    assert refusal.value.code == "stack_too_high"
    assert Reference.objects.count() == draft.parent_drafts.count() == 1
    with pytest.raises(PublishingError) as refusal:
        refer(draft, "model", f"0x{11:032x}")
    assert refusal.value.code == "named_twice"


def test_the_page_names_and_takes_off_and_is_its_creators_alone(draft: Design, stranger: User) -> None:
    entry = entry_of(11, kind=1)
    address = reverse("studio:references", args=[draft.public_id])
    mine = signed_in(draft.owner)
    assert mine.post(address, {"wish": "entry", "entry-kind": "model", "entry-entry_id": entry}).status_code == 302
    typed = {
        "wish": "elsewhere", "elsewhere-kind": "dataset", "elsewhere-name": "Shapes <b>", "elsewhere-license": "MIT",
        "elsewhere-sha256": "sha256:" + HASH.upper(), "elsewhere-address": "https://example.org/s",
    }  # fmt: skip
    assert mine.post(address, typed).status_code == 302
    assert [one.stated() for one in Reference.objects.all()] == [
        {"entry": entry},
        {
            "name": "Shapes <b>",
            "sha256": "0x" + HASH,
            "without_hash": None,
            "license": "MIT",
            "address": "https://example.org/s",
        },
    ]
    refused = mine.post(address, {"wish": "found", "add": "x", "q": "sh\x00apes"})
    assert refused.status_code == 400
    shown = page(draft.owner, address)
    assert "Shapes &lt;b&gt;" in shown
    assert "Shapes &lt;b&gt;" in page(draft.owner, reverse("studio:design", args=[draft.public_id]))
    for changes, sentence in (
        ({"elsewhere-license": " "}, "This field is required."),
        ({"elsewhere-sha256": "12"}, "A SHA-256 has 64 hexadecimal digits."),
        ({"elsewhere-sha256": ""}, "Give its SHA-256, or say below why there is none."),
        ({"elsewhere-without_hash": "hosted"}, "You give a SHA-256 above. Take that one out, or this."),
        ({"elsewhere-sha256": "", "elsewhere-without_hash": "secret"}, "Select a valid choice."),
        ({"elsewhere-address": "javascript:alert(1)"}, "Enter a valid URL."),
    ):
        answer = mine.post(address, {**typed, **changes})
        assert (answer.status_code, sentence in text(answer.content.decode())) == (400, True), changes
    answer = mine.post(address, {"wish": "entry", "entry-kind": "model", "entry-entry_id": "7"})
    assert "An entry's id is 0x and 32 hexadecimal digits." in answer.content.decode().replace("&#x27;", "'")
    other = signed_in(stranger)
    number = Reference.objects.first().pk  # type: ignore[union-attr]
    assert other.get(address).status_code == 404
    assert other.post(address, {"drop": number}).status_code == 404
    assert mine.post(address, {"drop": "x"}).status_code == 404
    assert Reference.objects.count() == 2
    assert mine.post(address, {"drop": number}).status_code == 302
    assert Reference.objects.count() == 1


def test_what_is_published_names_nothing_more(draft: Design) -> None:
    freeze_and_sign(actor=draft.owner, work=draft, password=PASSWORD)
    with pytest.raises(PublishingError) as refusal:
        elsewhere(draft)
    assert refusal.value.code == "not_a_draft"
    assert not Reference.objects.exists()
