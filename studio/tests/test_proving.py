"""A creator gives away chosen fields of a record, and nobody else does; what is given away says nothing of the rest."""

import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator

from accounts.models import User
from contracts.verifier import FieldProof
from designs.models import Design, FieldProofLink, ProvenanceRecord
from designs.provenance.schemas import schema_text
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import draft_of, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

PROMPT = "a lantern of brass"
HIDDEN = (PROMPT, "secret-seed", "secret-model")
PROVEN = "These fields stand in the record that was anchored with the claim below."


@pytest.fixture
def design(creator: User, png: bytes) -> Design:
    return published(
        creator, png, prompt=PROMPT, seed="secret-seed", model_name="secret-model", disclosure="ai_generated"
    )


def address(design: Design) -> str:
    return reverse("studio:prove", args=[design.public_id])


def asked(design: Design, wish: str, *keys: str, user: User | None = None) -> Any:
    return signed_in(user or design.owner).post(address(design), {"wish": wish, "key": keys})


def test_a_proof_holds_what_was_chosen_and_nothing_else(design: Design) -> None:
    response = asked(design, "file", "disclosure", "tools")
    assert response["Content-Disposition"] == 'attachment; filename="field-proof.json"'
    given = json.loads(response.content)
    record = ProvenanceRecord.objects.get()
    assert list(Draft202012Validator(json.loads(schema_text("field-proof-1"))).iter_errors(given)) == []
    proof = FieldProof.read(response.content)
    assert (proof.holds, proof.root, proof.entry) == (True, record.root, design.entry_id)
    assert proof.fields == {"disclosure": "ai_generated", "tools": []}
    body = response.content.decode()
    for other in HIDDEN:
        assert other not in body
    assert [salt for key, salt in record.salts.items() if salt in body and key not in proof.fields] == []


def test_only_the_creator_proves_and_only_fields_that_there_are(
    design: Design, stranger: User, moderator: User
) -> None:
    for user in (stranger, moderator):
        assert signed_in(user).get(address(design)).status_code == 404
        assert asked(design, "file", "prompt", user=user).status_code == 404
        assert asked(design, "show", "prompt", user=user).status_code == 404
    assert Client().get(address(design)).status_code == 302
    for keys in ((), ("prompt", "prompt"), ("salts",)):
        answer = asked(design, "show", *keys)
        assert answer.status_code == 400
        assert "Nothing was given away." in text(answer.content.decode())
    assert asked(design, "other", "prompt").status_code == 404
    assert not FieldProofLink.objects.exists()


def test_a_draft_proves_nothing_yet(creator: User, png: bytes) -> None:
    draft = draft_of(creator, png)
    assert "Nothing is anchored yet" in text(page(creator, address(draft)))
    assert asked(draft, "file", "prompt").status_code == 400


def test_an_address_shows_its_fields_to_everybody_until_it_is_taken_back(design: Design, stranger: User) -> None:
    asked(design, "show", "prompt")
    asked(design, "show", "prompt")
    link = FieldProofLink.objects.get()
    assert link.get_absolute_url() in page(design.owner, address(design))
    shown = page(None, link.get_absolute_url())
    assert PROVEN in text(shown)
    assert PROMPT in shown
    assert "secret-seed" not in shown
    assert "the first claim known to this registry" in text(shown)
    file = Client().get(reverse("verify:shown_proof_file", args=[link.public_id]))
    assert FieldProof.read(file.content).fields == {"prompt": PROMPT}

    take_back = {"take_back": str(link.public_id)}
    assert signed_in(stranger).post(address(design), take_back).status_code == 404
    assert signed_in(design.owner).post(address(design), {"take_back": str(uuid.uuid4())}).status_code == 404
    assert FieldProofLink.objects.count() == 1
    assert signed_in(design.owner).post(address(design), take_back).status_code == 302
    assert Client().get(link.get_absolute_url()).status_code == 404
    assert Client().get(file.request["PATH_INFO"]).status_code == 404


def test_what_moderation_takes_down_is_shown_no_more(design: Design) -> None:
    asked(design, "show", "prompt")
    link = FieldProofLink.objects.get()
    Design.objects.update(state=Design.State.TAKEN_DOWN)
    assert Client().get(link.get_absolute_url()).status_code == 404


def test_a_proof_is_checked_without_javascript_pasted_or_uploaded(design: Design) -> None:
    proof = asked(design, "file", "prompt").content
    checked = reverse("verify:proof")
    for posted in ({"proof": proof.decode()}, {"file": SimpleUploadedFile("p.json", proof)}):
        answer = Client().post(checked, posted)
        assert answer.status_code == 200
        assert PROVEN in text(answer.content.decode())
        assert PROMPT in answer.content.decode()
    changed = proof.decode().replace("brass", "glass")
    answer = text(Client().post(checked, {"proof": changed}).content.decode())
    assert "The proof does not hold: a field in it was changed, or belongs to another record." in answer
    assert "glass" not in answer
    root = ProvenanceRecord.objects.get()
    unanchored = json.dumps(type(root.salted)(root.fields, root.salts, 9).disclose("seed"))
    assert "no record of this registry has their root" in text(
        Client().post(checked, {"proof": unanchored}).content.decode()
    )


@pytest.mark.parametrize(
    "posted", ["", "{}", "[" * 100_000, "{" + " " * 600_000, '{"format": "loomprint-field-proof-1"}']
)
def test_what_is_no_proof_is_said_to_be_none(posted: str) -> None:
    for body in ({"proof": posted}, {"file": SimpleUploadedFile("p.json", posted.encode() or b" ")}):
        answer = Client().post(reverse("verify:proof"), body)
        assert answer.status_code == 400
        assert "This is not a proof of fields." in text(answer.content.decode())


def test_a_root_is_asked_for_by_the_page_that_checked_its_fields(design: Design) -> None:
    root = ProvenanceRecord.objects.get().root
    answer = Client().get(reverse("verify:root", args=[root]))
    assert answer.status_code == 200
    assert 'data-proof-word="proven"' in answer.content.decode()
    assert PROMPT not in answer.content.decode()
    unknown = Client().get(reverse("verify:root", args=["0x" + "00" * 32]))
    assert 'data-proof-word="unanchored"' in unknown.content.decode()
    assert Client().get("/verify/root/0/").status_code == 404


def test_asking_is_limited(design: Design, settings: Any) -> None:
    settings.VERIFY_PER_MINUTE = 1
    root = reverse("verify:root", args=[ProvenanceRecord.objects.get().root])
    codes = [Client(REMOTE_ADDR="203.0.113.77").get(root).status_code for _number in range(2)]
    assert codes == [200, 429]
    answer = Client(REMOTE_ADDR="203.0.113.77").post(reverse("verify:proof"), {"proof": "{}"})
    assert answer.status_code == 429
