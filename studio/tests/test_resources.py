"""Registering a model, program or data set: drafted, signed, planned, failed, tried again, taken back."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from jsonschema import Draft202012Validator

from accounts.models import Notification, User
from accounts.services import export_personal_data
from common.money import TUSD
from common.testing import PASSWORD, at_once
from contracts.models import ChainTransaction
from designs.errors import DesignError
from designs.models import Attachment, ProvenanceRecord, Resource
from designs.provenance.schemas import schema_text
from designs.services.upload import Part
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import draft_of, with_offer
from moderation.models import Review
from studio.errors import PublishingError
from studio.models import Publication
from studio.services import publishing
from studio.services.references import refer_elsewhere
from studio.services.resources import FileHash, ResourceWords, change_resource, discard_resource, hash_file
from studio.tests.pages import parts_of, read
from studio.tests.resources import WORDS, drafted, registered, sha256_for, signed_by_owner
from studio.tests.wallets import linked_wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

LIST = reverse("studio:resources")
NEW = reverse("studio:resource_new")


def address(name: str, resource: Resource) -> str:
    return reverse(f"studio:{name}", args=[resource.public_id])


def typed(owner: User, **changes: Any) -> dict[str, Any]:
    """The form as a person posts it."""
    people = parts_of((owner.email, "model_architect", "100"))
    said = {"kind": "model", "name": "Lattice XL", "version": "2", "license": "Apache-2.0", "open": "yes"}
    return {**people, **said, "percent": "5", "reach": "children", "sha256": sha256_for("weights"), **changes}


def refused(code: str, act: Any) -> None:
    with pytest.raises(DesignError) as refusal:
        act()
    assert refusal.value.code == code


def test_one_signature_registers_the_hash_the_shares_and_the_terms(creator: User) -> None:
    resource, publication = signed_by_owner(creator, binding=True, minimum=1_000_000)
    assert resource.state == Resource.State.ANCHORING
    assert publication.state == Publication.State.SUBMITTED
    planned = ChainTransaction.objects.get()
    assert (planned.kind, planned.ref, planned.state) == ("register", publication.digest, "planned")
    kind, owner, output, root, shares, offers, parents, standing, minimums, _deadline = planned.args[0]
    assert (kind, owner, output) == (1, creator.custody_key.address, resource.output_hash)
    assert (root, shares, offers, parents) == (
        publication.record.root,
        [[creator.custody_key.address, 1_000_000]],
        [],
        [],
    )
    assert standing == [True, True, 50_000]
    assert [amount for _currency, amount in minimums] == [1_000_000]
    # Rules about designs have no say here, so no moderator is asked.
    assert not Review.objects.exists()


def test_the_record_is_what_its_schema_says_and_names_no_person(creator: User) -> None:
    stated, _publication = signed_by_owner(creator, address="https://example.org/xl", description="Lattices.")
    seen = drafted(creator, kind="dataset", name="Shapes", open=False)
    Resource.objects.filter(pk=seen.pk).update(size=12, hashed_here=True)
    publishing.freeze_and_sign(actor=creator, work=seen, password=PASSWORD)
    validator = Draft202012Validator(json.loads(schema_text("record-1001")))
    for record in ProvenanceRecord.objects.all():
        whole = {"version": record.schema, "root": record.root, "fields": record.fields, "salts": record.salts}
        assert list(validator.iter_errors(whole)) == []
        assert record.salted.root == record.root
        assert creator.email not in str(whole)
        assert creator.display_name not in str(whole)
    fields = stated.records.get().fields
    assert (fields["output.sha256"], fields["output.hashed_by"], fields["output.size"]) == (
        stated.output_hash,
        "owner",
        None,
    )
    fields = seen.records.get().fields
    assert (fields["output.hashed_by"], fields["output.size"], fields["kind"]) == ("operator", 12, "dataset")


def test_every_co_owner_is_asked_and_a_change_takes_the_request_back(creator: User, cocreator: User) -> None:
    parts = [Part(creator, "model_architect", 600_000), Part(cocreator, "dataset_provider", 400_000)]
    said = {"license_address": "https://example.org/license", "address": "https://example.org/lattices"}
    resource = drafted(creator, parts=parts, description="Lattices of any kind.", **said)
    first = publishing.freeze_and_sign(actor=creator, work=resource, password=PASSWORD)
    told = Notification.objects.get()
    assert (told.user, "Lattice XL 2" in told.subject) == (cocreator, True)
    asked = page(cocreator, reverse("studio:consent", args=[first.public_id]))
    # All that the record binds and its signer could not otherwise know.
    for words in ("Lattices of any kind.", "https://example.org/license", "https://example.org/lattices"):
        assert words in text(asked)
    assert "owes its holders 5 % of each sale" in text(asked)
    assert "Lattice XL 2" in page(cocreator, reverse("studio:dashboard"))
    assert "Waiting for 1 answer" in page(creator, address("resource", resource))

    change_resource(actor=creator, resource=resource, words=ResourceWords(**{**WORDS, "ppm": 60_000}), parts=parts)
    first.refresh_from_db()
    assert first.state == Publication.State.DROPPED
    refused("already_answered", lambda: publishing.accept(actor=cocreator, publication=first, password=PASSWORD))

    second = publishing.freeze_and_sign(actor=creator, work=resource, password=PASSWORD)
    answer = signed_in(cocreator).post(reverse("studio:consent", args=[second.public_id]), {"password": PASSWORD})
    assert answer.status_code == 302
    resource.refresh_from_db()
    assert resource.state == Resource.State.ANCHORING
    assert [units for _holder, units in ChainTransaction.objects.get().args[0][4]] == [600_000, 400_000]


def test_who_declines_stops_it_and_the_owner_reads_why(creator: User, cocreator: User) -> None:
    parts = [Part(creator, "model_architect", 600_000), Part(cocreator, "dataset_provider", 400_000)]
    resource = drafted(creator, parts=parts)
    publication = publishing.freeze_and_sign(actor=creator, work=resource, password=PASSWORD)
    publishing.decline(actor=cocreator, publication=publication, reason="Too little.")
    told = Notification.objects.get(kind="consent_declined")
    assert (told.user, told.url) == (creator, address("resource", resource))
    shown = text(page(creator, address("resource", resource)))
    assert "It is a draft again" in shown
    assert "Too little." in shown
    assert "Ready to register" in shown


def test_a_wallet_signs_what_is_frozen_for_it_and_it_can_be_taken_back(creator: User) -> None:
    wallet = linked_wallet(creator)
    resource = drafted(creator)
    posted = {"address": wallet.address, "keep": "on"}
    answer = signed_in(creator).post(address("resource_register", resource), posted)
    assert (answer.status_code, answer["Location"]) == (302, address("resource_register", resource))
    publication = Publication.objects.get()
    assert wallet.address in page(creator, address("resource_register", resource))
    assert "Your wallet has to sign" in page(creator, address("resource", resource))
    assert signed_in(creator).post(address("resource_take_back", resource)).status_code == 302
    publication.refresh_from_db()
    assert publication.state == Publication.State.DROPPED
    assert "Ready to register" in page(creator, address("resource", resource))


def test_a_registration_that_fails_says_why_and_is_tried_again(creator: User) -> None:
    resource, _publication = signed_by_owner(creator)
    action = ChainTransaction.objects.get()
    action.error = "DesignRegistry__Expired"
    for _once_more in range(2):
        publishing.registration_failed(action)
    resource.refresh_from_db()
    assert (resource.state, resource.entry_id) == (Resource.State.DRAFT, None)
    shown = text(page(creator, address("resource", resource)))
    assert "The chain refused the registration (DesignRegistry__Expired)" in shown
    assert Notification.objects.filter(kind="publication_failed").count() == 1
    again = signed_in(creator).post(address("resource_register", resource), {"keep": "on", "password": PASSWORD})
    assert again.status_code == 302
    assert Publication.objects.filter(resource=resource, state=Publication.State.SUBMITTED).count() == 1


def test_a_page_that_is_reloaded_tells_the_truth(creator: User) -> None:
    resource, publication = signed_by_owner(creator)
    assert "on its way to the chain" in page(creator, address("resource", resource))
    assert "Being registered" in page(creator, LIST)
    anchored_one = registered(creator, name="Other")
    assert "Registered and anchored" in page(creator, address("resource", anchored_one))
    polled = signed_in(creator).get(address("resource_status", anchored_one), {"seen": "draft-False-False"})
    assert polled["HX-Refresh"] == "true"
    refused(
        "not_a_draft",
        lambda: change_resource(
            actor=creator,
            resource=anchored_one,
            words=ResourceWords(**WORDS),
            parts=[Part(creator, "model_architect", 1_000_000)],
        ),
    )
    refused("not_a_draft", lambda: discard_resource(actor=creator, resource=resource))
    publication.refresh_from_db()
    assert publication.state == Publication.State.SUBMITTED


def test_one_person_claims_a_file_once_as_whatever_it_is(creator: User, stranger: User, png: bytes) -> None:
    design = with_offer(draft_of(creator, png))
    same = drafted(creator, sha256=design.versions.get().master.sha256)
    twin = drafted(creator, sha256=same.sha256, kind="program")
    publishing.freeze_and_sign(actor=creator, work=same, password=PASSWORD)
    for other in (design, twin):
        refused(
            "already_published",
            lambda other=other: publishing.freeze_and_sign(actor=creator, work=other, password=PASSWORD),
        )
    assert Publication.objects.count() == 1
    # Nobody is locked out by who came first.
    signed_by_owner(stranger, sha256=same.sha256)
    assert Publication.objects.count() == 2


def test_the_database_keeps_what_the_forms_promise(creator: User) -> None:
    resource = drafted(creator)
    for change in ({"ppm": 500_001}, {"name": ""}, {"license": ""}, {"hashed_here": True}, {"size": 3}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Resource.objects.filter(pk=resource.pk).update(**change)


def test_terms_and_shares_that_the_registry_refuses_are_refused_here(creator: User, stranger: User) -> None:
    whole = Part(creator, "model_architect", 1_000_000)
    refused("part_too_high", lambda: drafted(creator, ppm=500_001))
    refused("minimum_without_part", lambda: drafted(creator, ppm=0, minimum=1))
    refused("shares_do_not_add_up", lambda: drafted(creator, parts=[whole, Part(stranger, "host", 1)]))
    refused("owner_without_part", lambda: drafted(creator, parts=[Part(stranger, "host", 1_000_000)]))
    assert not Resource.objects.exists()
    free = drafted(creator, open=False, ppm=70_000, binding=True)
    assert (free.open, free.ppm, free.binding) == (False, 0, False)


def test_a_file_is_hashed_and_not_kept(creator: User, settings: Any) -> None:
    content = b"weights" * 1000
    form = typed(creator, sha256="")
    answer = signed_in(creator).post(NEW, {**form, "file": SimpleUploadedFile("xl.safetensors", content)})
    resource = Resource.objects.get()
    assert answer["Location"] == address("resource", resource)
    assert FileHash(resource.sha256, resource.size) == hash_file(io.BytesIO(content), size=len(content))
    assert resource.hashed_here
    assert not [one for one in settings.MASTER_ROOT.rglob("*") if one.is_file()]
    assert "computed by us from the file" in text(page(creator, answer["Location"]))
    # What was hashed stays so while its hash does; a hash that is typed in its place is its owner's word.
    kept = typed(creator, sha256=resource.sha256, name="Renamed")
    assert signed_in(creator).post(address("resource_change", resource), kept).status_code == 302
    resource.refresh_from_db()
    assert (resource.name, resource.hashed_here) == ("Renamed", True)
    stated = typed(creator, sha256=sha256_for("another"))
    assert signed_in(creator).post(address("resource_change", resource), stated).status_code == 302
    resource.refresh_from_db()
    assert (resource.hashed_here, resource.size) == (False, None)
    assert "we have not seen the file" in text(page(creator, address("resource", resource)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sha256": ""}, "Choose the file, or state its SHA-256 below."),
        ({"sha256": "12"}, "A SHA-256 has 64 hexadecimal digits."),
        ({"sha256": "g" * 64}, "A SHA-256 has 64 hexadecimal digits."),
        ({"kind": "design"}, "Select a valid choice."),
        ({"name": " \u2003 "}, "This field is required."),
        ({"name": "Lattice\u202eLX"}, "This holds a character that cannot be seen."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"license": ""}, "This field is required."),
        ({"address": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"license_address": "ftp://example.org/x"}, "Give an address that begins with https://."),
        ({"percent": "50.1"}, "less than or equal to 50"),
        ({"percent": "0"}, "Say which part you ask for"),
        ({"percent": ""}, "Say which part you ask for"),
        ({"minimum": "1e99"}, "amount"),
        ({"open": "perhaps"}, "Select a valid choice."),
        ({"parts-0-percent": "99"}, "The shares add up to 99 %"),
        ({"description": "a\x00b"}, "Null characters are not allowed."),
        ({"file": SimpleUploadedFile("x", b"")}, "The file is empty."),
        ({"file-clear": "on", "sha256": ""}, "Choose the file, or state its SHA-256 below."),
        ({"file": SimpleUploadedFile("x", b"other")}, "The file that you chose has another SHA-256."),
    ],
)
def test_hostile_and_half_filled_forms_are_answered_and_nothing_is_saved(
    creator: User, changes: dict[str, Any], sentence: str
) -> None:
    answer = signed_in(creator).post(NEW, typed(creator, **changes))
    assert answer.status_code == 400
    assert sentence in read(answer), read(answer)
    assert not Resource.objects.exists()


def test_a_file_over_the_limit_says_what_to_do(creator: User, settings: Any) -> None:
    settings.ASSET_MAX_BYTES = 3
    answer = signed_in(creator).post(NEW, typed(creator, file=SimpleUploadedFile("x", b"four")))
    assert "State its SHA-256 instead" in read(answer)
    assert not Resource.objects.exists()


def test_markup_in_what_is_said_stays_text(creator: User) -> None:
    hostile = {"name": "<img src=x>", "license": '"><script>', "description": "<b>bold</b>"}
    resource = registered(creator, **hostile)
    for where in (address("resource", resource), resource.get_absolute_url(), LIST):
        shown = page(creator, where)
        assert "&lt;img src=x&gt;" in shown
        assert "<img src=x>" not in shown
        assert '"><script>' not in shown


def test_the_list_is_of_its_owner_and_goes_on_over_pages_at_the_same_cost(
    creator: User, stranger: User, django_assert_max_num_queries: Any
) -> None:
    assert "Nothing registered yet" in page(creator, LIST)
    names = [f"Model {number:02}" for number in range(26)]
    for name in names:
        drafted(creator, name=name)
    drafted(stranger, name="Somebody else's")
    client = signed_in(creator)
    with django_assert_max_num_queries(12):
        first = client.get(LIST).content.decode()
    assert [name for name in names if name in first] == names[2:]
    following = first.split('rel="next" href="')[1].split('"')[0]
    second = client.get(LIST + following).content.decode()
    assert [name for name in names if name in second] == names[:2]
    assert "Somebody else" not in first + second
    assert "That was everything" in client.get(LIST, {"before": "1"}).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_register_once(creator: User) -> None:
    resource = drafted(creator)

    def sign(_number: int) -> str:
        try:
            publishing.freeze_and_sign(actor=creator, work=resource, password=PASSWORD)
        except PublishingError as refusal:
            return refusal.code
        return "signed"

    assert sorted(at_once(sign, 3)) == sorted(["signed", *["not_a_draft"] * 2])
    assert ChainTransaction.objects.filter(kind="register").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_and_a_signature_at_once_leave_what_was_signed(creator: User) -> None:
    resource = drafted(creator)
    parts = [Part(creator, "model_architect", 1_000_000)]

    def act(number: int) -> str:
        try:
            if number:
                words = ResourceWords(**{**WORDS, "name": "Changed"})
                change_resource(actor=creator, resource=resource, words=words, parts=parts)
            else:
                publishing.freeze_and_sign(actor=creator, work=resource, password=PASSWORD)
        except PublishingError as refusal:
            return refusal.code
        return "done"

    assert at_once(act, 2) in (["done", "done"], ["done", "not_a_draft"])
    resource.refresh_from_db()
    publication = Publication.objects.get()
    assert publication.state == Publication.State.SUBMITTED
    assert publication.record.fields["name"] == resource.name


def test_all_that_was_stated_is_part_of_what_a_person_may_take_along(creator: User, stranger: User, png: bytes) -> None:
    parts = [Part(creator, "model_architect", 900_000), Part(stranger, "tweaker", 100_000)]
    resource = drafted(creator, parts=parts, minimum=TUSD.base)
    design = draft_of(creator, png)
    refer_elsewhere(actor=creator, design=design, kind="dataset", name="Shapes", license="CC-BY-4.0", sha256="ab" * 32)
    asset = design.versions.get().master
    Attachment.objects.create(version=design.versions.get(), asset=asset, name="make.py", role="source")

    taken = export_personal_data(user=creator)["designs"]

    (told,) = taken["resources"]
    assert (told["name"], told["version"], told["license"]) == ("Lattice XL", "2", "Apache-2.0")
    assert told["terms"] == {"open": True, "binding": False, "ppm": 50_000, "minimum": str(TUSD.base)}
    (version,) = taken["designs"][0]["versions"]
    assert [(one["kind"], one["name"], one["license"]) for one in version["references"]] == [
        ("dataset", "Shapes", "CC-BY-4.0")
    ]
    assert [(one["name"], one["role"], one["release"]) for one in version["attachments"]] == [
        ("make.py", "source", "private")
    ]
    assert export_personal_data(user=stranger)["designs"]["parts"] == [
        {"resource": str(resource.public_id), "title": "Lattice XL 2", "role": "tweaker", "units": 100_000}
    ]
