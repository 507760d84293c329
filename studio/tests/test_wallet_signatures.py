"""Publishing with wallets of their own: who signs, what is refused, what stands on a real chain afterwards."""

from typing import Any

import pytest
from django.urls import reverse
from eth_account import Account
from eth_utils.address import to_checksum_address

from accounts.models import Notification, SigningConfirmation, User, Wallet
from common.testing import PASSWORD, at_once
from contracts.models import ChainTransaction
from contracts.signatures import HALF_ORDER
from contracts.testing import LiveChain
from designs.models import Design, RegistryEntry
from designs.services.upload import Part
from licensing.services.templates import announce_templates, ship_templates
from marketplace.tests.pages import signed_in
from marketplace.tests.support import draft_of, with_offer
from moderation.models import Review
from royalties.selectors import holdings
from studio.addresses import share_addresses
from studio.errors import PublishingError
from studio.models import Consent, MinimumFee, Publication, ShareAddress, StandingTerms
from studio.selectors import open_requests
from studio.services import drafts, publishing
from studio.tests.resources import drafted
from studio.tests.wallets import contract_wallet, linked_wallet, part_of, planned_arguments, signed

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = 2 * HALF_ORDER + 1


@pytest.fixture
def chain(live_chain: LiveChain) -> LiveChain:
    ship_templates()
    announce_templates()
    live_chain.settle()
    return live_chain


@pytest.fixture
def together(creator: User, cocreator: User, png: bytes) -> Design:
    parts = [Part(cocreator, "tweaker", 400_000), Part(creator, "designer", 600_000)]
    return with_offer(draft_of(creator, png, parts=parts))


def refused(code: str, act: Any) -> str:
    with pytest.raises(PublishingError) as refusal:
        act()
    assert refusal.value.code == code
    return str(refusal.value)


def test_two_people_sign_with_their_wallets_and_the_chain_says_so(
    chain: LiveChain, together: Design, creator: User, cocreator: User
) -> None:
    mine, theirs = linked_wallet(creator), linked_wallet(cocreator)
    publishing.choose_share_address(actor=cocreator, address=theirs.address)

    publication = publishing.freeze_for_wallet(actor=creator, work=together, address=mine.address)
    publishing.sign_with_wallet(actor=creator, publication=publication, signature=signed(publication, mine))
    publishing.sign_with_wallet(actor=cocreator, publication=publication, signature=signed(publication, theirs))

    assert planned_arguments(publication)[1] == 0
    chain.settle()
    entry = RegistryEntry.objects.get(entry_id=publication.entry_id)
    assert (entry.creator, entry.signers, entry.custodial) == (
        mine.address,
        [mine.address, theirs.address],
        [False, False],
    )
    held = {one.address: one.units for one in holdings(chain_id=entry.chain_id, entry_id=entry.entry_id)}
    assert held == {mine.address: 600_000, theirs.address: 400_000}
    assert {part["address"] for part in publication.record.fields["contributors"]} == set(held)
    assert not SigningConfirmation.objects.exists()
    assert chain.audit() == []


def test_a_model_is_registered_with_a_wallet_and_the_chain_says_so(
    chain: LiveChain, creator: User, cocreator: User
) -> None:
    mine = linked_wallet(creator)
    parts = [Part(creator, "model_architect", 900_000), Part(cocreator, "dataset_provider", 100_000)]
    model = drafted(creator, parts=parts, binding=True, minimum=1_000_000)
    publication = publishing.freeze_for_wallet(actor=creator, work=model, address=mine.address)
    answer = signed_in(creator).post(
        reverse("studio:signature", args=[publication.public_id]), {"signature": signed(publication, mine)}
    )
    assert (answer.status_code, answer.json()) == (200, {"next": reverse("studio:resource", args=[model.public_id])})
    publishing.accept(actor=cocreator, publication=publication, password=PASSWORD)
    chain.settle()
    entry = RegistryEntry.objects.get(entry_id=publication.entry_id)
    assert (entry.kind, entry.output_hash, entry.custodial) == (1, model.output_hash, [False, True])
    assert (entry.creator, entry.record_root) == (mine.address, publication.record.root)
    held = {one.address: one.units for one in holdings(chain_id=entry.chain_id, entry_id=entry.entry_id)}
    assert held == {mine.address: 900_000, cocreator.custody_key.address: 100_000}
    # Standing terms and the least fee, and everything else, are held against the contracts themselves.
    assert StandingTerms.objects.get().ppm == 50_000
    assert MinimumFee.objects.get().amount == 1_000_000
    assert chain.audit() == []


def test_a_wallet_and_a_custody_key_sign_side_by_side(
    chain: LiveChain, together: Design, creator: User, cocreator: User
) -> None:
    theirs = linked_wallet(cocreator)
    publishing.choose_share_address(actor=cocreator, address=theirs.address)
    publication = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)

    refused("not_custody", lambda: publishing.accept(actor=cocreator, publication=publication, password=PASSWORD))
    publishing.sign_with_wallet(actor=cocreator, publication=publication, signature=signed(publication, theirs))

    chain.settle()
    entry = RegistryEntry.objects.get(entry_id=publication.entry_id)
    assert (entry.creator, entry.custodial) == (creator.custody_key.address, [True, False])


def test_nobody_else_is_asked_before_the_creators_wallet_has_signed(
    chain: LiveChain, together: Design, creator: User, cocreator: User
) -> None:
    mine = linked_wallet(creator)
    publication = publishing.freeze_for_wallet(actor=creator, work=together, address=mine.address)

    assert open_requests(account=cocreator) == []
    assert not Notification.objects.exists()
    assert not Review.objects.exists()
    publishing.sweep_publications()
    assert not ChainTransaction.objects.filter(kind="register").exists()

    publishing.sign_with_wallet(actor=creator, publication=publication, signature=signed(publication, mine))
    assert [one.publication for one in open_requests(account=cocreator)] == [publication]
    assert Notification.objects.get().user == cocreator


def test_a_contract_wallet_signs_and_holds_by_erc_1271(chain: LiveChain, creator: User, png: bytes) -> None:
    address = to_checksum_address("0x" + "7a" * 20)
    owner = linked_wallet(creator, kind=Wallet.Kind.CONTRACT, address=address)
    contract_wallet(chain, owner, address)
    design = with_offer(draft_of(creator, png))
    publication = publishing.freeze_for_wallet(actor=creator, work=design, address=address)

    other = signed(publication, Account.create())
    refused(
        "signature_contract",
        lambda: publishing.sign_with_wallet(actor=creator, publication=publication, signature=other),
    )
    publishing.sign_with_wallet(actor=creator, publication=publication, signature=signed(publication, owner))

    chain.settle()
    entry = RegistryEntry.objects.get(entry_id=publication.entry_id)
    assert (entry.creator, entry.custodial) == (address, [False])


HOSTILE = {
    "not hex": ("signature_not_hex", lambda _good: "0xnothing"),
    "empty": ("signature_length", lambda _good: ""),
    "64 bytes": ("signature_length", lambda good: good[:-2]),
    "66 bytes": ("signature_length", lambda good: good + "00"),
    "a megabyte": ("signature_length", lambda good: good + "00" * 1_000_000),
    "the twin with a high s": ("signature_high_s", lambda good: _twin(good)),
    "a bit of another curve": ("signature_not_recoverable", lambda good: good[:-2] + "1f"),
    "nothing but zeros": ("signature_not_recoverable", lambda _good: "0x" + "00" * 65),
}


def _twin(good: str) -> str:
    raw = bytes.fromhex(good[2:])
    s = ORDER - int.from_bytes(raw[32:64])
    return "0x" + (raw[:32] + s.to_bytes(32) + bytes([55 - raw[64]])).hex()


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_signature_of_theirs_is_refused_and_nothing_is_stored(
    chain: LiveChain, creator: User, png: bytes, case: str
) -> None:
    code, spoil = HOSTILE[case]
    mine = linked_wallet(creator)
    publication = publishing.freeze_for_wallet(
        actor=creator, work=with_offer(draft_of(creator, png)), address=mine.address
    )

    said = refused(
        code,
        lambda: publishing.sign_with_wallet(
            actor=creator, publication=publication, signature=spoil(signed(publication, mine))
        ),
    )

    assert f"not a signature of {mine.address}" in said
    consent = part_of(publication, creator)
    assert (consent.state, consent.signature) == (Consent.State.ASKED, None)
    assert not ChainTransaction.objects.filter(kind="register").exists()


def test_a_signature_by_another_key_or_over_another_request_is_refused(
    chain: LiveChain, creator: User, png: bytes
) -> None:
    mine = linked_wallet(creator)
    design = with_offer(draft_of(creator, png))
    before = publishing.freeze_for_wallet(actor=creator, work=design, address=mine.address)
    old = signed(before, mine)
    with_offer(design, price=19_000_000)
    publication = publishing.freeze_for_wallet(actor=creator, work=design, address=mine.address)

    for wrong in (old, signed(publication, Account.create())):
        refused(
            "signature_other_signer",
            lambda: publishing.sign_with_wallet(actor=creator, publication=publication, signature=wrong),  # noqa: B023
        )
    refused("already_answered", lambda: publishing.sign_with_wallet(actor=creator, publication=before, signature=old))
    assert part_of(publication, creator).state == Consent.State.ASKED


def test_a_recovery_bit_that_counts_from_zero_is_taken_as_the_chain_wants_it(
    chain: LiveChain, creator: User, png: bytes
) -> None:
    mine = linked_wallet(creator)
    publication = publishing.freeze_for_wallet(
        actor=creator, work=with_offer(draft_of(creator, png)), address=mine.address
    )
    good = signed(publication, mine)
    counted = good[:-2] + f"{int(good[-2:], 16) - 27:02x}"

    publishing.sign_with_wallet(actor=creator, publication=publication, signature=counted)

    assert planned_arguments(publication)[0] == [good]
    chain.settle()
    assert RegistryEntry.objects.exists()


def test_a_wallet_unlinked_between_freezing_and_signing_signs_nothing(
    chain: LiveChain, creator: User, cocreator: User, together: Design
) -> None:
    theirs = linked_wallet(cocreator)
    publishing.choose_share_address(actor=cocreator, address=theirs.address)
    publication = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)
    Wallet.objects.all().delete()

    said = refused(
        "wallet_unlinked",
        lambda: publishing.sign_with_wallet(
            actor=cocreator, publication=publication, signature=signed(publication, theirs)
        ),
    )
    assert "is not linked to your account any more" in said
    assert part_of(publication, cocreator).state == Consent.State.ASKED

    publishing.ask_for_other_address(actor=cocreator, publication=publication, address=cocreator.custody_key.address)
    again = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)
    assert part_of(again, cocreator).address == cocreator.custody_key.address
    publishing.accept(actor=cocreator, publication=again, password=PASSWORD)
    assert planned_arguments(again)[1] == 0b11


def test_another_accounts_wallet_is_nobodys_choice(creator: User, cocreator: User, together: Design) -> None:
    theirs = linked_wallet(cocreator)
    for act in (
        lambda: publishing.freeze_for_wallet(actor=creator, work=together, address=theirs.address),
        lambda: publishing.freeze_for_wallet(actor=creator, work=together, address=creator.custody_key.address),
    ):
        refused("not_a_linked_wallet", act)
    refused("not_yours", lambda: publishing.choose_share_address(actor=creator, address=theirs.address))
    assert not Publication.objects.exists()
    assert not ShareAddress.objects.exists()


def test_a_preference_for_a_wallet_that_is_gone_is_custody_again(
    chain: LiveChain, creator: User, cocreator: User, together: Design
) -> None:
    theirs = linked_wallet(cocreator)
    publishing.choose_share_address(actor=cocreator, address=theirs.address)
    Wallet.objects.all().delete()

    publication = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)

    part = part_of(publication, cocreator)
    assert (part.address, part.custodial) == (cocreator.custody_key.address, True)


def test_who_has_no_password_holds_in_their_first_wallet(creator: User, cocreator: User) -> None:
    first, second = linked_wallet(cocreator), linked_wallet(cocreator)
    linked_wallet(creator)
    cocreator.set_unusable_password()
    cocreator.save()

    held = {pk: own.address for pk, own in share_addresses([creator, cocreator]).items()}
    assert held == {creator.pk: creator.custody_key.address, cocreator.pk: first.address}
    publishing.choose_share_address(actor=cocreator, address=second.address)
    assert share_addresses([cocreator])[cocreator.pk].address == second.address


def test_another_address_asks_the_creator_anew_and_the_next_table_names_it(
    chain: LiveChain, creator: User, cocreator: User, together: Design
) -> None:
    theirs = linked_wallet(cocreator)
    publication = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)

    refused(
        "same_address",
        lambda: publishing.ask_for_other_address(
            actor=cocreator, publication=publication, address=cocreator.custody_key.address
        ),
    )
    publishing.ask_for_other_address(actor=cocreator, publication=publication, address=theirs.address)

    publication.refresh_from_db()
    together.refresh_from_db()
    assert publication.state == Publication.State.DROPPED
    assert "tpms-lab wants to hold their share at another address" in together.state_reason
    told = Notification.objects.get(user=creator)
    assert "Publish it again" in told.body
    again = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)
    part = part_of(again, cocreator)
    assert (part.address, part.custodial) == (theirs.address, False)
    holders = {share["holder"] for share in again.typed_data["message"]["shares"]}
    assert holders == {creator.custody_key.address, theirs.address}


def test_two_signers_at_once_plan_one_registration(
    chain: LiveChain, creator: User, cocreator: User, stranger: User, png: bytes
) -> None:
    people = {cocreator: linked_wallet(cocreator), stranger: linked_wallet(stranger)}
    for person, wallet in people.items():
        publishing.choose_share_address(actor=person, address=wallet.address)
    parts = [Part(creator, "designer", 600_000), *(Part(person, "host", 200_000) for person in people)]
    design = with_offer(draft_of(creator, png, parts=parts))
    publication = publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)
    work = [(person, signed(publication, wallet)) for person, wallet in people.items()] * 2

    def sign(number: int) -> None:
        person, signature = work[number]
        publishing.sign_with_wallet(actor=person, publication=publication, signature=signature)

    at_once(sign, 4)

    assert ChainTransaction.objects.filter(kind="register").count() == 1
    chain.settle()
    assert RegistryEntry.objects.get().custodial == [True, False, False]


def test_the_same_signature_sent_twice_is_one(chain: LiveChain, creator: User, png: bytes) -> None:
    mine = linked_wallet(creator)
    publication = publishing.freeze_for_wallet(
        actor=creator, work=with_offer(draft_of(creator, png)), address=mine.address
    )
    for _time in range(2):
        publishing.sign_with_wallet(actor=creator, publication=publication, signature=signed(publication, mine))
    assert ChainTransaction.objects.filter(kind="register").count() == 1


def test_a_process_that_dies_after_the_signature_loses_and_doubles_nothing(
    chain: LiveChain, creator: User, png: bytes
) -> None:
    mine = linked_wallet(creator)
    publication = publishing.freeze_for_wallet(
        actor=creator, work=with_offer(draft_of(creator, png)), address=mine.address
    )
    script = (
        "import django; django.setup()\n"
        "from accounts.models import User; from studio.models import Publication\n"
        "from studio.services.publishing import sign_with_wallet\n"
        f"sign_with_wallet(actor=User.objects.get(pk={creator.pk}), "
        f"publication=Publication.objects.get(pk={publication.pk}), signature={signed(publication, mine)!r})\n"
    )
    dead = chain.start("-c", script, LOOMPRINT_KILL_AT="studio.signed")
    assert dead.wait(timeout=120) == -9

    assert part_of(publication, creator).state == Consent.State.ACCEPTED
    assert not ChainTransaction.objects.filter(kind="register").exists()
    for _time in range(2):
        publishing.sweep_publications()
    chain.settle()
    assert ChainTransaction.objects.filter(kind="register").count() == 1
    assert RegistryEntry.objects.get().creator == mine.address


def test_a_chain_that_does_not_answer_keeps_the_signature_for_later(
    chain: LiveChain, creator: User, png: bytes, settings: Any
) -> None:
    mine = linked_wallet(creator)
    publication = publishing.freeze_for_wallet(
        actor=creator, work=with_offer(draft_of(creator, png)), address=mine.address
    )
    working = settings.CHAINS
    settings.CHAINS = {"public": {**working["public"], "rpc_url": "http://127.0.0.1:9"}}
    said = refused(
        "unreachable",
        lambda: publishing.sign_with_wallet(
            actor=creator, publication=publication, signature=signed(publication, mine)
        ),
    )
    assert "It is not lost: send it again." in said

    settings.CHAINS = working
    publishing.sign_with_wallet(actor=creator, publication=publication, signature=signed(publication, mine))
    assert part_of(publication, creator).state == Consent.State.ACCEPTED


def test_an_expired_request_takes_no_signature_and_the_draft_comes_back(
    chain: LiveChain, creator: User, png: bytes
) -> None:
    mine = linked_wallet(creator)
    design = with_offer(draft_of(creator, png))
    publication = publishing.freeze_for_wallet(actor=creator, work=design, address=mine.address)
    Publication.objects.update(deadline="2026-01-01T00:00:00Z")
    publication.refresh_from_db()

    said = refused(
        "expired",
        lambda: publishing.sign_with_wallet(
            actor=creator, publication=publication, signature=signed(publication, mine)
        ),
    )
    assert said == "This request has expired. Publish again, and a new one is made."
    publishing.sweep_publications()
    design.refresh_from_db()
    assert (design.state, design.state_reason) == (
        Design.State.DRAFT,
        "Not everyone answered in time. Publish again to ask anew.",
    )


def test_taking_back_and_changing_end_what_waits_for_a_wallet(chain: LiveChain, creator: User, png: bytes) -> None:
    mine = linked_wallet(creator)
    design = with_offer(draft_of(creator, png))
    publication = publishing.freeze_for_wallet(actor=creator, work=design, address=mine.address)
    refused(
        "already_asked",
        lambda: publishing.freeze_for_wallet(actor=creator, work=design, address=mine.address),
    )

    assert publishing.take_back(actor=creator, work=design)
    refused(
        "already_answered",
        lambda: publishing.sign_with_wallet(
            actor=creator, publication=publication, signature=signed(publication, mine)
        ),
    )
    second = publishing.freeze_for_wallet(actor=creator, work=design, address=mine.address)
    drafts.set_first_offers(
        actor=creator,
        design=design,
        offers=[drafts.OfferWish(template=one.template, price=5) for one in design.first_offers.all()],
    )
    second.refresh_from_db()
    assert second.state == Publication.State.DROPPED
    assert not Review.objects.exists()


def test_the_same_file_is_published_once_whichever_address_signs(chain: LiveChain, creator: User, png: bytes) -> None:
    publishing.freeze_and_sign(actor=creator, work=with_offer(draft_of(creator, png)), password=PASSWORD)
    chain.settle()
    mine = linked_wallet(creator)
    again = with_offer(draft_of(creator, png, title="Again"))

    refused(
        "already_published",
        lambda: publishing.freeze_for_wallet(actor=creator, work=again, address=mine.address),
    )
