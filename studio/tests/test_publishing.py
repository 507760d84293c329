"""Freezing, consent, review and submission."""

import io

import pytest

from accounts.errors import ConfirmationRefused
from accounts.models import Notification, SigningConfirmation
from common.identifiers import ZERO_HASH
from common.testing import PASSWORD
from contracts.errors import NotDecidedYet
from contracts.models import ChainTransaction
from designs.models import Design, ProvenanceRecord
from designs.services.received import ReceivedFile
from designs.services.upload import Part
from marketplace.tests.support import anchored, draft_of, head_at, published, submitted, with_offer
from moderation.models import Review
from moderation.services import AlreadyDecided, decide
from studio.errors import PublishingError
from studio.models import Consent, Publication
from studio.selectors import consent_for
from studio.services import drafts, publishing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


@pytest.fixture
def shared(creator, cocreator, png):
    parts = [Part(creator, "designer", 700_000), Part(cocreator, "model_architect", 300_000)]
    return with_offer(draft_of(creator, png, parts=parts))


def test_a_sole_creator_signs_once_and_the_registration_is_planned(creator, png) -> None:
    design, publication = submitted(creator, png)

    assert design.state == Design.State.ANCHORING
    assert publication.state == Publication.State.SUBMITTED
    planned = ChainTransaction.objects.get()
    assert (planned.kind, planned.ref, planned.state) == ("register", publication.digest, "planned")
    registration, signatures, custodial, salt = planned.args
    assert registration[1] == creator.custody_key.address
    assert registration[3] == publication.record.root
    assert len(signatures) == 1
    assert int(custodial) == 1
    assert salt == ZERO_HASH
    assert registration[6:9] == [[], [False, False, 0], []]
    assert SigningConfirmation.objects.get().digest == publication.digest


def test_nothing_is_planned_before_every_cocreator_has_accepted(shared, creator, cocreator) -> None:
    publication = publishing.freeze_and_sign(actor=creator, work=shared, password=PASSWORD)

    shared.refresh_from_db()
    assert shared.state == Design.State.DRAFT
    assert not ChainTransaction.objects.exists()
    assert Notification.objects.get().user == cocreator

    publishing.accept(actor=cocreator, publication=publication, password=PASSWORD)

    shared.refresh_from_db()
    assert shared.state == Design.State.ANCHORING
    assert len(ChainTransaction.objects.get().args[1]) == 2


def test_signatures_stand_creator_first_whatever_the_order_of_shares(creator, cocreator, png) -> None:
    parts = [Part(cocreator, "tweaker", 400_000), Part(creator, "designer", 600_000)]
    design = with_offer(draft_of(creator, png, parts=parts))

    publication = publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)

    consents = list(publication.consents.order_by("position"))
    assert [consent.account for consent in consents] == [creator, cocreator]
    holders = [share["holder"] for share in publication.typed_data["message"]["shares"]]
    assert holders == [cocreator.custody_key.address, creator.custody_key.address]


def test_a_decline_drops_the_request_and_keeps_the_draft(shared, creator, cocreator) -> None:
    publication = publishing.freeze_and_sign(actor=creator, work=shared, password=PASSWORD)

    publishing.decline(actor=cocreator, publication=publication, reason="Wrong share.")

    publication.refresh_from_db()
    shared.refresh_from_db()
    assert publication.state == Publication.State.DROPPED
    assert shared.state == Design.State.DRAFT
    assert "Wrong share." in shared.state_reason
    assert Notification.objects.filter(user=creator, kind="consent_declined").count() == 1
    with pytest.raises(PublishingError):
        publishing.accept(actor=cocreator, publication=publication, password=PASSWORD)
    assert not ChainTransaction.objects.exists()


def test_a_change_takes_the_request_back_and_asks_again(shared, creator, cocreator) -> None:
    first = publishing.freeze_and_sign(actor=creator, work=shared, password=PASSWORD)
    parts = [Part(creator, "designer", 600_000), Part(cocreator, "model_architect", 400_000)]

    drafts.change_parts(actor=creator, design=shared, parts=parts)
    second = publishing.freeze_and_sign(actor=creator, work=shared, password=PASSWORD)

    first.refresh_from_db()
    assert first.state == Publication.State.DROPPED
    assert second.digest != first.digest
    with pytest.raises(PublishingError):
        publishing.accept(actor=cocreator, publication=first, password=PASSWORD)
    assert second.consents.get(account=cocreator).state == Consent.State.ASKED


def test_a_wrong_password_freezes_nothing(shared, creator) -> None:
    with pytest.raises(ConfirmationRefused):
        publishing.freeze_and_sign(actor=creator, work=shared, password="wrong")

    assert not Publication.objects.exists()
    assert not ProvenanceRecord.objects.exists()
    assert not SigningConfirmation.objects.exists()


def test_a_stranger_sees_no_request(shared, creator, stranger) -> None:
    publication = publishing.freeze_and_sign(actor=creator, work=shared, password=PASSWORD)

    with pytest.raises(Consent.DoesNotExist):
        consent_for(account=stranger, public_id=publication.public_id)
    with pytest.raises(Consent.DoesNotExist):
        publishing.accept(actor=stranger, publication=publication, password=PASSWORD)


def test_a_stranger_cannot_publish_someone_elses_draft(shared, stranger) -> None:
    with pytest.raises(Design.DoesNotExist):
        publishing.freeze_and_sign(actor=stranger, work=shared, password=PASSWORD)

    assert not Publication.objects.exists()


def test_the_same_file_is_published_once_by_one_creator(creator, png) -> None:
    published(creator, png)
    again = with_offer(draft_of(creator, png, title="Again"))

    with pytest.raises(PublishingError) as refusal:
        publishing.freeze_and_sign(actor=creator, work=again, password=PASSWORD)

    assert refusal.value.code == "already_published"
    assert not again.publications.exists()


def test_a_file_claimed_by_another_waits_for_a_moderator(creator, cocreator, moderator, png) -> None:
    published(creator, png)

    design, publication = submitted(cocreator, png)

    assert design.state == Design.State.IN_REVIEW
    assert not ChainTransaction.objects.filter(ref=publication.digest).exists()
    review = Review.objects.get(digest=publication.digest)
    assert review.rule == "already_claimed"

    decide(moderator=moderator, review=review, approve=True, reason="A later claim, shown as such.")
    publishing.sweep_publications()

    design.refresh_from_db()
    assert design.state == Design.State.ANCHORING
    assert ChainTransaction.objects.filter(ref=publication.digest).exists()


def test_a_rejection_tells_the_reason_and_anchors_nothing(creator, moderator, png) -> None:
    design, publication = submitted(creator, png, prompt="a lantern", disclosure="not_ai")
    review = Review.objects.get(digest=publication.digest)

    decide(moderator=moderator, review=review, approve=False, reason="Say that a model made it.")
    publishing.sweep_publications()

    design.refresh_from_db()
    assert (design.state, design.state_reason) == (Design.State.REJECTED, "Say that a model made it.")
    assert not ChainTransaction.objects.exists()
    with pytest.raises(AlreadyDecided):
        decide(moderator=moderator, review=review, approve=True, reason="")


def test_a_registration_that_fails_brings_the_draft_back(creator, png) -> None:
    design, publication = submitted(creator, png)
    action = ChainTransaction.objects.get()
    action.error = "DesignRegistry__Expired"

    publishing.registration_failed(action)
    publishing.registration_failed(action)

    design.refresh_from_db()
    publication.refresh_from_db()
    assert (design.state, design.entry_id) == (Design.State.DRAFT, None)
    assert "DesignRegistry__Expired" in design.state_reason
    assert publication.state == Publication.State.FAILED
    assert Notification.objects.filter(kind="publication_failed").count() == 1


def test_a_registration_of_which_the_chain_has_the_entry_has_not_failed(creator, png) -> None:
    design, publication = submitted(creator, png)
    anchored(publication, block=20)
    action = ChainTransaction.objects.get()
    action.error = "DesignRegistry__EntryExists"

    head_at(19)
    with pytest.raises(NotDecidedYet):
        publishing.registration_failed(action)
    head_at(25)
    publishing.registration_failed(action)

    design.refresh_from_db()
    publication.refresh_from_db()
    assert (design.state, design.entry_id) == (Design.State.ANCHORING, publication.entry_id)
    assert publication.state == Publication.State.SUBMITTED
    assert not Notification.objects.filter(kind="publication_failed").exists()


def test_what_is_being_published_cannot_be_changed(creator, png) -> None:
    design, publication = submitted(creator, png)

    with pytest.raises(PublishingError):
        drafts.replace_master(actor=creator, design=design, master=ReceivedFile(io.BytesIO(png), "other.png"))
    with pytest.raises(PublishingError):
        drafts.discard(actor=creator, design=design)

    publication.refresh_from_db()
    assert publication.state == Publication.State.SUBMITTED


def test_publishing_needs_an_offer_and_finished_processing(creator, png) -> None:
    design = draft_of(creator, png)

    with pytest.raises(PublishingError) as refusal:
        publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)
    assert refusal.value.code == "no_offers"

    with_offer(design)
    design.versions.get().steps.update(state="running")
    with pytest.raises(PublishingError) as refusal:
        publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)
    assert refusal.value.code == "still_processing"
    assert not Publication.objects.exists()


def test_publishing_does_not_wait_for_what_follows_a_complete_draft(creator, png) -> None:
    design = with_offer(draft_of(creator, png))
    steps = design.versions.get().steps
    steps.create(name="large_cover", position=20, state="running")

    publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)

    assert Publication.objects.get().design == design


def test_the_record_names_no_person(shared, creator, cocreator) -> None:
    publication = publishing.freeze_and_sign(actor=creator, work=shared, password=PASSWORD)

    text = str(publication.record.fields) + str(publication.typed_data)
    for person in (creator, cocreator):
        assert person.email not in text
        assert person.display_name not in text
