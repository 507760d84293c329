"""The verify page: what is proven of a file, by an address that anybody can type, without an account or JavaScript."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.identifiers import ZERO_ADDRESS, ZERO_HASH
from contracts.models import ChainCursor
from designs.models import Design, EntryVersion, RegistryEntry
from marketplace.tests import rows
from marketplace.tests.pages import page, text
from marketplace.tests.support import event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

UNKNOWN = hashlib.sha256(b"never claimed").hexdigest()


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    cache.clear()


def sha256(design: Design) -> str:
    return str(design.versions.get().master.sha256)


def answer(sha256: str) -> str:
    return reverse("verify:verdict", args=[sha256])


def said(sha256: str) -> str:
    return text(page(None, answer(sha256))).replace("&#x27;", "'")


def becomes(design: Design, status: str, *, block: int = 50) -> None:
    entry = {"entryId": str(int(design.entry_id or "", 16)), "status": status}
    event("DesignRegistry", "StatusChanged", {**entry, "reason": ZERO_HASH, "by": ZERO_ADDRESS}, block=block)
    rows.chain_read_to(100)


def test_a_first_claim_is_told_in_the_words_of_the_product_with_its_evidence(lantern: Design) -> None:
    html = page(None, answer(sha256(lantern)))
    seen = text(html).replace("&#x27;", "'")
    entry = RegistryEntry.objects.get()
    assert (
        f"The address {entry.creator} claimed this file at 2026-11-20 09:01:40 UTC; "
        "it is the first claim known to this registry; signed by Loomprint's custody key for them."
    ) in seen
    assert "Nothing more is called proof." in seen
    for evidence in (entry.entry_id, entry.record_root, entry.event.transaction_hash, "number 1 of 1 of this file"):
        assert evidence in seen
    assert f'href="{lantern.get_absolute_url()}"' in html
    assert "As of block 100 of chain 31337." in seen
    assert f"python3 verify.py FILE --rpc http://127.0.0.1:9 --registry {rows.REGISTRY}" in seen


def test_a_claim_by_an_own_wallet_is_said_to_be(lantern: Design) -> None:
    RegistryEntry.objects.update(custodial=[False])
    assert "signed by their own wallet." in said(sha256(lantern))


def test_several_claims_stand_in_their_order_and_only_one_is_the_first(
    lantern: Design, stranger: User, creator: User
) -> None:
    rows.anchor(rows.draft(stranger, "Copied", content=f"{creator.pk} Gyroid Lantern"), block=30)
    seen = said(sha256(lantern))
    first, later = seen.index("it is the first claim known"), seen.index("it is claim number 2 known to this registry")
    assert first < later
    assert seen.count("it is the first claim known") == 1
    assert "number 2 of 2 of this file" in seen


@pytest.mark.parametrize(
    ("status", "word", "sentence"),
    [
        ("1", "contested", "Contested: another claim of this file disputes it."),
        ("2", "suspended", "Suspended: a moderator has stopped its sale."),
        ("3", "withdrawn", "Withdrawn: its creators have taken it from sale."),
    ],
)
def test_what_became_of_a_claim_is_said(lantern: Design, status: str, word: str, sentence: str) -> None:
    assert sentence not in said(sha256(lantern))
    becomes(lantern, status)
    html = page(None, answer(sha256(lantern)))
    assert sentence in text(html)
    assert f'data-verdict-state="{word}"' in html


def test_a_later_version_of_an_entry_is_told_as_that(lantern: Design) -> None:
    EntryVersion.objects.create(
        event=rows._event("DesignRegistry", "VersionAdded", 40),
        chain_id=lantern.chain_id,
        entry_id=lantern.entry_id,
        number=2,
        output_hash="0x" + UNKNOWN,
        record_root=ZERO_HASH,
    )
    seen = said(UNKNOWN)
    assert "This file is version 2 of an entry, added at 2026-11-20 09:03:20 UTC" in seen
    assert "first claim" not in seen
    assert "Nothing is known" not in seen


def test_of_an_unknown_file_nothing_is_known_as_of_a_block(lantern: Design) -> None:
    seen = said(UNKNOWN)
    assert "Nothing is known about this file in this registry." in seen
    assert "As of block 100 of chain 31337." in seen
    assert "The chain" not in seen.partition("As of block 100 of chain 31337.")[2].partition("Link to")[0]


def test_a_chain_that_does_not_answer_or_is_ahead_is_said_beside_the_answer(lantern: Design) -> None:
    ChainCursor.objects.update(head_number=140)
    assert "The chain is 40 blocks ahead, at 140" in said(sha256(lantern))
    ChainCursor.objects.update(reached_at=None)
    assert "The chain does not answer at the moment" in said(UNKNOWN)


def test_before_anything_was_read_not_even_unknown_is_said(db: None) -> None:
    seen = said(UNKNOWN)
    assert "Nothing can be said yet" in seen
    assert "Nothing is known" not in seen


def test_a_claim_that_is_not_final_is_not_green(lantern: Design) -> None:
    rows.chain_read_to(20, final=10)
    html = page(None, answer(sha256(lantern)))
    assert "in a block (1 of 2)" in html
    assert "tone-proof" not in html


def test_a_typed_hash_goes_to_its_own_address(lantern: Design) -> None:
    wanted = sha256(lantern)
    for typed in (wanted, wanted.upper(), f"0x{wanted}", f"  {wanted}  piece.glb", f"SHA256:{wanted}"):
        response = Client().get(reverse("verify:ask"), {"sha256": typed})
        assert (response.status_code, response["Location"]) == (302, answer(wanted)), typed
    response = Client().get(answer("0x" + wanted.upper()))
    assert response["Location"] == answer(wanted)


@pytest.mark.parametrize("typed", ["abc", "z" * 64, "0x", "' OR 1=1 --", "<b>x</b>", "🙂" * 64])
def test_what_is_no_hash_is_refused_with_a_sentence_and_kept(typed: str) -> None:
    response = Client().get(reverse("verify:ask"), {"sha256": typed})
    html = response.content.decode()
    assert response.status_code == 400
    assert "A SHA-256 has 64 hexadecimal digits" in html
    assert "<b>x</b>" not in html


def test_an_address_with_no_hash_in_it_is_refused_too() -> None:
    assert Client().get("/verify/nothing/").status_code == 400


def test_nothing_but_reading_is_answered(lantern: Design) -> None:
    """No file can be sent here, by anybody."""
    for address in (reverse("verify:ask"), answer(sha256(lantern))):
        assert Client().post(address, {"file": "x"}).status_code == 405


def test_too_many_questions_are_refused_and_say_when_to_come_back(settings: Any, lantern: Design) -> None:
    settings.VERIFY_PER_MINUTE = 3
    client = Client()
    assert [client.get(answer(UNKNOWN)).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(answer(UNKNOWN), {"part": "answer"})
    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert "That was too often." in refused.content.decode()
    assert Client(REMOTE_ADDR="192.0.2.9").get(answer(UNKNOWN)).status_code == 200


def test_the_answer_alone_is_a_part_without_the_page(lantern: Design) -> None:
    html = Client().get(answer(sha256(lantern)), {"part": "answer"}).content.decode()
    assert "<html" not in html
    assert ' id="' not in html
    assert "it is the first claim known to this registry" in html


def test_a_hidden_design_is_not_named_by_its_claim(lantern: Design) -> None:
    Design.objects.update(state=Design.State.TAKEN_DOWN)
    seen = said(sha256(lantern))
    assert "it is the first claim known" in seen
    assert "Gyroid Lantern" not in seen


def test_an_answer_takes_few_queries_however_many_claims_there_are(
    lantern: Design, creator: User, django_assert_max_num_queries: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    address = answer(sha256(lantern))
    client.get(address)
    with django_assert_max_num_queries(9) as few:
        client.get(address)
    for number in range(12):
        claimant = rows.person(f"Claimant {number}")
        rows.anchor(rows.draft(claimant, f"Copy {number}", content=f"{creator.pk} Gyroid Lantern"), block=40 + number)
    with django_assert_max_num_queries(9) as many:
        html = client.get(address).content.decode()
    assert html.count("verdict-sentence") == 13
    assert len(few.captured_queries) == len(many.captured_queries)
    monkeypatch.setattr("designs.verdicts.AT_MOST", 10)
    html = client.get(address).content.decode()
    assert html.count("verdict-sentence") == 10
    assert "3 later claims are not listed." in html


def test_the_stand_alone_verifier_can_be_taken_along() -> None:
    response = Client().get(reverse("verify:verifier"))
    content = response.content
    assert content.startswith(b'"""Verify a file against the chain')
    assert "attachment" in response["Content-Disposition"]


def test_the_header_leads_to_the_page(lantern: Design) -> None:
    assert f'href="{reverse("verify:ask")}"' in page(None, "/")
    assert "Drop a file and learn" in page(None, reverse("verify:ask"))
