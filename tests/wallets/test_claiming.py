"""Claiming what waits: paid once, to an address of the person, or a sentence and everything as it was."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from eth_account import Account

from accounts.models import User, Wallet
from common.testing import PASSWORD, at_once
from contracts.models import ChainTransaction
from marketplace.tests.pages import page, signed_in, text
from royalties.models import ClaimRequest, Payout
from royalties.services import claims
from tests.faults.conftest import market, sold  # noqa: F401
from tests.faults.market import Market, address_of
from tests.faults.wallets import as_operator, send_as
from tests.wallets.holders import EARNED, Holder, earning_holder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


@pytest.fixture
def holder(sold: Market, cocreator: User, settings: Any) -> Holder:  # noqa: F811
    """No worker pays by itself, as below a threshold."""
    settings.PAYOUT_THRESHOLD = 10**30
    return earning_holder(sold, cocreator)


def the_claim() -> ClaimRequest:
    return ClaimRequest.objects.get()


def ended(holder: Holder) -> ClaimRequest:
    """Let it reach the chain, and look at what became of it."""
    holder.market.live.settle()
    claims.sweep_claims()
    return ClaimRequest.objects.latest("id")


def nothing_was_sent(holder: Holder) -> None:
    assert not ChainTransaction.objects.filter(kind="claim_signed").exists()
    assert not Payout.objects.exists()
    assert holder.chain_has == EARNED


def test_the_page_shows_what_waits_for_each_address(holder: Holder) -> None:
    said = text(page(holder.person, "/earnings/"))

    assert "Waiting for you" in said
    assert "4.275 tUSD from 1 design Held by your wallet" in said
    assert "Held by your account's own address" in said
    assert holder.address in said


def test_one_signature_pays_and_the_holder_needs_no_coin(holder: Holder) -> None:
    holder.market.live.node.rpc("anvil_setBalance", holder.address, "0x0")
    asked = holder.ask("signed").json()
    assert holder.client.post(asked["signed"], {"signature": holder.sign(asked["order"])}).json() == {"state": "going"}
    assert "The claim is on its way" in text(page(holder.person, "/earnings/"))

    assert ended(holder).state == "done"
    assert holder.market.coins(holder.address) == EARNED
    paid = Payout.objects.get(holder=holder.address)
    assert (paid.amount, paid.paid_to) == (EARNED, holder.address)
    assert "Held by your wallet" not in text(page(holder.person, "/earnings/"))
    assert holder.market.live.audit() == []


def test_what_is_signed_names_chain_contract_receiver_and_end(holder: Holder) -> None:
    order = holder.ask("signed").json()["order"]

    claim = the_claim()
    here = holder.market.live.chain
    assert order["domain"]["chainId"] == here.chain_id
    assert order["domain"]["verifyingContract"] == here.deployment.address("DesignShares")
    assert order["message"]["holder"] == order["message"]["to"] == holder.address
    assert order["message"]["entryIds"] == [str(holder.market.entry)]
    assert order["message"]["deadline"] == int(claim.deadline.timestamp())
    arguments = [*list(order["message"].values())[:3], [holder.market.entry], *list(order["message"].values())[4:]]
    assert "0x" + holder.market.ask("DesignShares", "claimOrderDigest", arguments).hex() == claim.digest


def test_a_signature_that_is_sent_again_and_again_pays_once(holder: Holder) -> None:
    asked = holder.ask("signed").json()
    signed = {"signature": holder.sign(asked["order"])}

    answers = at_once(lambda _number: signed_in(holder.person).post(asked["signed"], signed).json())

    assert answers == [{"state": "going"}] * 4
    assert ended(holder).state == "done"
    assert ChainTransaction.objects.filter(kind="claim_signed").count() == 1
    assert holder.market.coins(holder.address) == EARNED


def test_a_signature_of_another_account_is_refused(holder: Holder) -> None:
    asked = holder.ask("signed").json()
    answer = holder.client.post(asked["signed"], {"signature": holder.sign(asked["order"], key=Account.create())})

    assert answer.status_code == 409
    assert "signed by another account" in answer.json()["error"]
    nothing_was_sent(holder)


def test_what_is_no_signature_is_refused(holder: Holder) -> None:
    asked = holder.ask("signed").json()
    for hostile in ("", "0x", "zz", "0x" + "00" * 65, "0x" + "11" * 9000):
        answer = holder.client.post(asked["signed"], {"signature": hostile})
        assert (answer.status_code, bool(answer.json()["error"])) == (409, True), hostile
    nothing_was_sent(holder)


def test_the_holders_own_transaction_pays(holder: Holder) -> None:
    asked = holder.ask("sent").json()
    sent = holder.send(asked["call"])
    assert holder.client.post(asked["sent"], {"hash": sent}).json() == {"state": "going"}

    claim = ended(holder)
    assert (claim.state, claim.transaction_hash) == ("done", sent)
    assert holder.market.coins(holder.address) == EARNED


def test_a_claim_whose_page_was_closed_is_found_by_its_event(holder: Holder) -> None:
    sent = holder.send(holder.ask("sent").json()["call"])

    claim = ended(holder)
    assert (claim.state, claim.transaction_hash) == ("done", sent)


def test_a_sped_up_claim_is_found_under_its_other_hash(holder: Holder) -> None:
    asked = holder.ask("sent").json()
    node = holder.market.live.node
    node.automine(False)
    first = holder.send(asked["call"])
    holder.client.post(asked["sent"], {"hash": first})
    faster = holder.send(asked["call"], nonce=0, tip=2 * 10**10)
    node.mine()
    node.automine(True)

    claim = ended(holder)
    assert (claim.state, claim.transaction_hash) == ("done", faster)
    assert faster != first


def test_a_claim_that_the_chain_refused_ends_with_a_sentence(holder: Holder) -> None:
    asked = holder.ask("sent").json()
    send_as(holder.market, holder.address, "DesignShares", "claim", holder.market.entry, holder.market.currency)
    sent = holder.send(asked["call"])
    holder.client.post(asked["sent"], {"hash": sent})
    holder.market.live.node.wait_until_mined()
    ClaimRequest.objects.update(asked_at_block=10**9)  # what was paid before is not taken for it
    holder.market.live.node.mine()

    claim = ended(holder)
    assert claim.state == "failed"
    assert "Only its network fee was spent" in claim.state_reason


def test_what_was_paid_out_meanwhile_is_told(holder: Holder) -> None:
    asked = holder.ask("signed").json()
    as_operator(
        holder.market, "DesignShares", "claimFor", holder.market.entry, holder.market.currency, [holder.address]
    )
    holder.client.post(asked["signed"], {"signature": holder.sign(asked["order"])})
    holder.market.live.settle()

    assert the_claim().state == "failed"
    assert the_claim().state_reason == "It was paid to you just before, so nothing was left to claim."
    assert holder.market.coins(holder.address) == EARNED
    again = holder.ask("signed")
    assert (again.status_code, again.json()["error"]) == (
        409,
        "Nothing waits there any more: it was paid just before.",
    )


def test_two_tabs_claim_once(holder: Holder) -> None:
    first, second = holder.ask("signed").json(), holder.ask("signed").json()
    answer = holder.client.post(first["signed"], {"signature": holder.sign(first["order"])})
    assert answer.json() == {"state": "canceled"}
    holder.client.post(second["signed"], {"signature": holder.sign(second["order"])})
    assert holder.ask("sent").json()["error"].startswith("A claim of this address is on its way already.")

    assert ended(holder).state == "done"
    assert holder.market.coins(holder.address) == EARNED


def test_two_tabs_that_ask_in_the_same_moment_leave_one_open(holder: Holder) -> None:
    statuses = at_once(lambda _number: _status(holder))

    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert ClaimRequest.objects.filter(state="asked").count() == 1


def _status(holder: Holder) -> int:
    asked = {"holder": holder.address, "currency": holder.market.currency, "way": "signed"}
    return signed_in(holder.person).post(reverse("royalties:claim_ask"), asked).status_code


def test_the_password_claims_for_the_custody_address_to_a_linked_wallet(holder: Holder) -> None:
    waits = holder.market.ask(
        "DesignShares", "claimable", holder.market.entry, holder.market.currency, address_of(holder.person)
    )
    fields = {"currency": holder.market.currency, "to": holder.address, "password": PASSWORD}
    answer = holder.client.post(reverse("royalties:claim_by_custody"), fields)
    assert answer.status_code == 302

    assert ended(holder).state == "done"
    assert holder.market.coins(holder.address) == waits > 0
    assert Payout.objects.get().sent_elsewhere


def test_a_wrong_password_and_somebody_elses_address_claim_nothing(holder: Holder) -> None:
    fields = {"currency": holder.market.currency, "to": holder.address, "password": "wrong"}
    wrong = holder.client.post(reverse("royalties:claim_by_custody"), fields, follow=True).content.decode()
    elsewhere = {**fields, "to": address_of(holder.market.creator), "password": PASSWORD}
    theirs = holder.client.post(reverse("royalties:claim_by_custody"), elsewhere, follow=True).content.decode()

    assert "password" in wrong
    assert "Money goes to an address of your account only." in theirs
    assert not ClaimRequest.objects.exists()
    nothing_was_sent(holder)


def test_a_claim_is_its_persons_alone(holder: Holder, stranger: User) -> None:
    asked = holder.ask("signed").json()
    other = signed_in(stranger)
    signature = holder.sign(asked["order"])

    for name, fields in (("signed", {"signature": signature}), ("sent", {"hash": "0x" + "ab" * 32}), ("cancel", {})):
        assert other.post(asked[name], fields).status_code == 404
        nobody = signed_in(None).post(asked[name], fields)
        assert nobody.headers["Location"].startswith(reverse("account_login"))
    refused = other.post(
        reverse("royalties:claim_ask"),
        {"holder": holder.address, "currency": holder.market.currency, "way": "signed"},
    )
    assert "not linked to your account" in refused.json()["error"]
    assert the_claim().state == "asked"
    nothing_was_sent(holder)


def test_a_small_sum_is_not_sent_by_us(holder: Holder, settings: Any) -> None:
    settings.CLAIM_THRESHOLD = 10 * 10**6

    answer = holder.ask("signed")

    assert "We send claims of 10.00 tUSD and more." in answer.json()["error"]
    assert holder.ask("sent").status_code == 200


def test_asking_too_often_is_refused(holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "SENT_A_DAY", 1)
    assert holder.ask("signed").status_code == 200
    assert holder.ask("signed").json()["error"].startswith("That was too often.")


def test_a_worker_that_dies_between_steps_pays_once(holder: Holder) -> None:
    asked = holder.ask("signed").json()
    holder.client.post(asked["signed"], {"signature": holder.sign(asked["order"])})
    for point in ("outbox.stored", "outbox.broadcast"):
        code, _output = holder.market.live.manage("sweep", kill_at=point)
        assert code == -9

    claim = ended(holder)
    holder.market.live.finalize()
    assert claim.state in {"done", "going"}
    assert ended(holder).state == "done"
    assert holder.market.coins(holder.address) == EARNED


def test_a_claim_that_a_reorganization_took_waits_again(holder: Holder) -> None:
    asked = holder.ask("sent").json()
    holder.client.post(asked["sent"], {"hash": holder.send(asked["call"])})
    assert ended(holder).state == "done"
    holder.market.live.node.reorg(2)
    holder.market.live.follow()

    assert not Payout.objects.exists()
    assert "Held by your wallet" in text(page(holder.person, "/earnings/"))
    assert holder.ask("sent").status_code == 200


def test_claims_that_were_never_signed_or_sent_end_by_themselves(holder: Holder) -> None:
    holder.ask("signed")
    ClaimRequest.objects.update(deadline=timezone.now() - timedelta(minutes=1))
    claims.sweep_claims()

    assert the_claim().state == "canceled"


def test_the_chain_is_away(holder: Holder, settings: Any) -> None:
    settings.CHAINS = {"public": {**settings.CHAINS["public"], "rpc_url": "http://127.0.0.1:9"}}

    answer = holder.ask("signed")

    assert (answer.status_code, answer.json()["error"][:27]) == (503, "The chain does not answer. ")
    assert "Waiting for you" in text(page(holder.person, "/earnings/"))
    assert not ClaimRequest.objects.exists()


def test_hostile_fields_get_a_sentence(holder: Holder) -> None:
    for fields in ({"holder": "0x"}, {"currency": "dollar"}, {"holder": "0x" + "zz" * 20}, {"way": "gift"}):
        answer = holder.ask(**{"way": "signed", **fields})
        assert (answer.status_code, bool(answer.json()["error"])) == (409, True)
    asked = holder.ask("sent").json()
    assert holder.client.post(asked["sent"], {"hash": "0xnothing"}).status_code == 409
    missing = reverse("royalties:claim_signature", args=[uuid.uuid4()])
    assert holder.client.post(missing, {"signature": "0x"}).status_code == 404


def test_the_box_asks_the_database_as_often_for_many_designs(holder: Holder) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert holder.client.get(reverse("royalties:claims")).status_code == 200
    before = len(asked)
    assert before <= 8
    Wallet.objects.create(user=holder.person, address=Account.create().address)
    with CaptureQueriesContext(connection) as asked:
        holder.client.get(reverse("royalties:claims"))
    assert len(asked) == before + 1
