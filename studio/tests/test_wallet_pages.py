"""Who may do what on the pages of wallets and derived works, and what each answer says."""

import json
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from common.testing import PASSWORD
from contracts.testing import LiveChain
from designs.models import Contribution, Design
from designs.services.upload import Part
from licensing.services.templates import announce_templates, ship_templates
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import draft_of, with_offer
from studio.models import Consent, DerivativeTermsDraft, ParentDraft, Publication, ShareAddress
from studio.services import publishing
from studio.services.lineage import set_derivative_terms
from studio.tests.pages import read
from studio.tests.wallets import linked_wallet, part_of, signed

pytestmark = pytest.mark.django_db
KEEP = {"keep": "on"}


def studio(name: str, design: Design) -> str:
    return reverse(f"studio:{name}", args=[design.public_id])


def signature_of(publication: Publication) -> str:
    return reverse("studio:signature", args=[publication.public_id])


@pytest.fixture
def chain(transactional_db: None, live_chain: LiveChain) -> LiveChain:
    ship_templates()
    announce_templates()
    live_chain.settle()
    return live_chain


@pytest.fixture
def together(creator: User, cocreator: User, png: bytes) -> Design:
    parts = [Part(creator, "designer", 600_000), Part(cocreator, "tweaker", 400_000)]
    return with_offer(draft_of(creator, png, parts=parts))


@pytest.mark.parametrize("name", ["parents", "derivatives", "publish"])
@pytest.mark.usefixtures("recorded_deployment")
def test_these_pages_of_a_draft_are_its_owners_alone(
    creator: User, cocreator: User, stranger: User, moderator: User, name: str
) -> None:
    parts = {creator: (Contribution.Role.DESIGNER, 500_000), cocreator: (Contribution.Role.TWEAKER, 500_000)}
    design = rows.draft(creator, "Draft", prices={"personal": rows.TUSD}, parts=parts)
    linked_wallet(cocreator)
    page(creator, studio(name, design))
    for person in (cocreator, stranger, moderator):
        for answer in (
            signed_in(person).get(studio(name, design)),
            signed_in(person).post(studio(name, design), {"open": "yes", "percent": "5", "password": PASSWORD, **KEEP}),
        ):
            assert answer.status_code == 404
    for answer in (signed_in(None).get(studio(name, design)), signed_in(None).post(studio(name, design))):
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))
    assert not Publication.objects.exists()
    assert not DerivativeTermsDraft.objects.exists()


def test_a_signature_is_taken_of_the_one_who_is_asked_alone(
    chain: LiveChain, together: Design, creator: User, cocreator: User, stranger: User, moderator: User
) -> None:
    theirs = linked_wallet(cocreator)
    publishing.choose_share_address(actor=cocreator, address=theirs.address)
    publication = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)
    where, good = signature_of(publication), {"signature": signed(publication, theirs)}

    for person in (stranger, moderator):
        assert signed_in(person).post(where, good).status_code == 404
    assert signed_in(None).post(where, good).status_code == 302
    assert signed_in(cocreator).get(where).status_code == 405
    # The creator signed by their password, and cannot bring the other's signature for them.
    signed_in(creator).post(where, good)
    assert part_of(publication, cocreator).state == Consent.State.ASKED

    answer = signed_in(cocreator).post(where, good)
    assert answer.json() == {"next": reverse("studio:consent", args=[publication.public_id])}
    assert part_of(publication, cocreator).state == Consent.State.ACCEPTED


def test_a_cocreator_has_no_page_before_the_creators_wallet_has_signed(
    chain: LiveChain, together: Design, creator: User, cocreator: User
) -> None:
    mine, theirs = linked_wallet(creator), linked_wallet(cocreator)
    publishing.choose_share_address(actor=cocreator, address=theirs.address)
    publication = publishing.freeze_for_wallet(actor=creator, work=together, address=mine.address)

    for name in ("consent", "decline", "other_address", "signature"):
        where = reverse(f"studio:{name}", args=[publication.public_id])
        data = {"signature": signed(publication, theirs), "address": cocreator.custody_key.address}
        assert signed_in(cocreator).post(where, data).status_code == 404
    assert part_of(publication, cocreator).state == Consent.State.ASKED


def test_a_refused_signature_comes_back_with_a_sentence_and_a_next_step(
    chain: LiveChain, creator: User, png: bytes
) -> None:
    mine = linked_wallet(creator)
    design = with_offer(draft_of(creator, png))
    publication = publishing.freeze_for_wallet(actor=creator, work=design, address=mine.address)

    answer = signed_in(creator).post(signature_of(publication), {"signature": "0x1234"})

    assert answer.status_code == 409
    said = answer.json()
    assert said["code"] == "signature_length"
    assert f"This is not a signature of {mine.address} over what is shown here" in said["sentence"]
    assert said["next_step"] == "Nothing was published, and nothing is lost."
    with_it = signed_in(creator).post(signature_of(publication), {"signature": signed(publication, mine)})
    assert with_it.json() == {"next": studio("design", design)}


def test_publishing_with_a_wallet_freezes_and_shows_the_same_facts_until_it_signs(
    chain: LiveChain, together: Design, creator: User, cocreator: User
) -> None:
    mine = linked_wallet(creator, label="Ledger on the desk")
    before = read(signed_in(creator).get(studio("publish", together)))
    assert f"Ledger on the desk, your own wallet: {mine.address}" in before
    assert "the one that you choose below" in before

    frozen = signed_in(creator).post(studio("publish", together), {"address": mine.address, **KEEP})
    assert frozen["Location"] == studio("publish", together)
    publication = Publication.objects.get()

    for _reload in range(2):
        answer = signed_in(creator).get(studio("publish", together))
        said = read(answer)
        for fact in (
            "Gyroid Lantern",
            "60 %",
            "40 %",
            "18.00",
            mine.address,
            cocreator.custody_key.address,
            "31337",
            publication.registry,
            publication.typed_data["message"]["outputHash"],
            publication.record.root,
            f"{publication.deadline:%-d %b %Y, %H:%M} UTC",
        ):
            assert fact in said, fact
        html = answer.content.decode()
        data = html.split('<script id="signed-data" type="application/json">')[1].split("</script>")[0]
        assert json.loads(data) == publication.typed_data
    assert "Your wallet has to sign" in read(signed_in(creator).get(studio("design", together)))

    taken = signed_in(creator).post(studio("take_back", together), follow=True)
    assert "Taken back. You can change the draft and ask again." in read(taken)


def test_the_password_is_asked_for_the_address_that_we_keep(
    chain: LiveChain, together: Design, creator: User, stranger: User
) -> None:
    linked_wallet(creator)
    other = linked_wallet(stranger)
    custody = creator.custody_key.address

    without = signed_in(creator).post(studio("publish", together), {"address": custody, **KEEP})
    assert "Type your password: the key that we keep signs only with it." in read(without)
    for address in (other.address, "", "0x1234"):
        answer = signed_in(creator).post(
            studio("publish", together), {"address": address, "password": PASSWORD, **KEEP}
        )
        assert answer.status_code == 200
    assert not Publication.objects.exists()

    signed_in(creator).post(studio("publish", together), {"address": custody, "password": PASSWORD, **KEEP})
    assert Publication.objects.get().creator == custody


def test_the_address_for_shares_is_chosen_among_ones_own(creator: User, stranger: User) -> None:
    where = reverse("studio:address")
    assert signed_in(None).get(where).status_code == 302
    mine, other = linked_wallet(creator), linked_wallet(stranger)
    assert mine.address in page(creator, where)

    refused = signed_in(creator).post(where, {"address": other.address})
    assert "Select a valid choice." in read(refused)
    assert not ShareAddress.objects.exists()
    signed_in(creator).post(where, {"address": mine.address})
    assert ShareAddress.objects.get().address == mine.address
    assert f'value="{mine.address}" required id="id_address_1" checked' in page(creator, where)
    signed_in(creator).post(where, {"address": creator.custody_key.address})
    assert not ShareAddress.objects.exists()


def test_a_consent_says_which_address_it_is_and_another_can_be_asked_for(
    chain: LiveChain, together: Design, creator: User, cocreator: User, stranger: User
) -> None:
    publication = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)
    theirs = linked_wallet(cocreator)
    where = reverse("studio:consent", args=[publication.public_id])
    said = text(page(cocreator, where))
    assert f"{cocreator.custody_key.address}" in said
    assert "kept by Loomprint, signs with your password" in said
    other = reverse("studio:other_address", args=[publication.public_id])
    for person in (stranger, creator):
        assert signed_in(person).post(other, {"address": theirs.address}).status_code == 404
    assert signed_in(None).post(other, {"address": theirs.address}).status_code == 302

    wrong = signed_in(cocreator).post(other, {"address": creator.custody_key.address}, follow=True)
    assert "Choose one of your own addresses." in read(wrong)
    right = signed_in(cocreator).post(other, {"address": theirs.address}, follow=True)
    assert "The creator was told. You are asked again when they have published it anew." in read(right)
    assert "wants to hold their share at another address" in read(signed_in(creator).get(studio("design", together)))


def test_a_wallet_that_was_unlinked_is_named_on_the_consent_page(
    chain: LiveChain, together: Design, creator: User, cocreator: User
) -> None:
    theirs = linked_wallet(cocreator)
    publishing.choose_share_address(actor=cocreator, address=theirs.address)
    publication = publishing.freeze_and_sign(actor=creator, work=together, password=PASSWORD)
    cocreator.wallets.all().delete()

    said = read(signed_in(cocreator).get(reverse("studio:consent", args=[publication.public_id])))
    assert "This wallet is not linked to your account any more" in said
    assert "Hold my share at another address" in said
    answer = signed_in(cocreator).post(signature_of(publication), {"signature": signed(publication, theirs)})
    assert answer.json()["code"] == "wallet_unlinked"
    assert answer.json()["next_step"] == "You link wallets under Account. The request stays open until then."


def test_parents_are_found_named_shown_with_their_money_and_taken_off(
    chain: LiveChain, creator: User, cocreator: User, png: bytes, together: Design
) -> None:
    parent = with_offer(draft_of(cocreator, png[:-1] + b"0", title="Woven Shell"))
    set_derivative_terms(actor=cocreator, design=parent, open=True, ppm=100_000, binding=True, minimum=2_000_000)
    publishing.freeze_and_sign(actor=cocreator, work=parent, password=PASSWORD)
    chain.settle()
    parent.refresh_from_db()
    where = studio("parents", together)
    nothing = read(signed_in(creator).get(where, {"q": "nothing like it"}))
    assert "No work for “nothing like it” is open to derive from." in nothing
    found = read(signed_in(creator).get(where, {"q": "woven"}))
    assert "Woven Shell by tpms-lab Takes 10 % of each sale after the fee, also of works that derive" in found
    assert "at least 2.00 tUSD" in found

    too_low = signed_in(creator).post(where, {"add": parent.public_id, "q": "woven"})
    assert too_low["Location"] == f"{where}?q=woven"
    assert "A price must be at least 20.00 tUSD" in read(signed_in(creator).get(where))
    with_offer(together, price=20_000_000)
    named = read(signed_in(creator).get(where))
    assert "Together, with what they derive from themselves: 10 % of each sale after the fee." in named
    assert "Your lowest price can be 20.00 tUSD." in named
    assert "Of a sale at 20.00 tUSD Loomprint 1.00 Woven Shell 10 % 1.90" in named
    assert "You and your co-creators, by shares 17.10" in named
    draft = read(signed_in(creator).get(studio("design", together)))
    assert "Woven Shell 10 % 10 % of each sale after the fee goes to them." in draft
    publish = read(signed_in(creator).get(studio("publish", together)))
    assert "Woven Shell directly, at least 2.00 tUSD before our fee 10 %" in publish

    for hostile in ({"add": "not-a-uuid"}, {"add": together.public_id}, {"remove": "0x00"}, {}):
        signed_in(creator).post(where, hostile)
        assert ParentDraft.objects.get().entry_id == parent.entry_id
    signed_in(creator).post(where, {"remove": parent.entry_id})
    assert not ParentDraft.objects.exists()


@pytest.mark.usefixtures("recorded_deployment")
def test_terms_for_derived_works_are_said_in_plain_words_and_kept_when_refused(creator: User) -> None:
    design = rows.draft(creator, "Draft", prices={"personal": rows.TUSD})
    where = studio("derivatives", design)
    said = text(page(creator, where))
    assert "For example: a derived work is sold for 20.00 tUSD Loomprint keeps 1.00 tUSD. At 10 % you" in said
    cases: list[tuple[dict[str, Any], str]] = [
        ({"percent": "50.0001"}, "Ensure this value is less than or equal to 50."),
        ({"percent": ""}, "Say which part you ask for, 0 if none."),
        ({"percent": "0", "minimum": "1"}, "A least fee needs a part of the revenue that it comes from."),
        ({"percent": "5", "minimum": "a lot"}, "Write the amount in digits with a point, for example 12.50."),
    ]
    for data, sentence in cases:
        answer = signed_in(creator).post(where, {"open": "yes", "reach": "all", **data})
        assert sentence in read(answer)
        assert not DerivativeTermsDraft.objects.exists()

    signed_in(creator).post(where, {"open": "yes", "reach": "all", "percent": "12.5", "minimum": "1.5"})
    terms = DerivativeTermsDraft.objects.get()
    assert (terms.ppm, terms.binding, terms.minimum) == (125_000, True, 1_500_000)
    draft = text(page(creator, studio("design", design)))
    assert "They, and everyone who derives from them, owe 12.5 % of each sale after the fee." in draft
    assert "Of each of these sales, the part must be at least 1.50 tUSD before our fee." in draft
    signed_in(creator).post(where, {"open": "no"})
    assert not DerivativeTermsDraft.objects.exists()
