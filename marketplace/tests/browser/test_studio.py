"""What creators and co-creators see, in every width and color scheme."""

import pytest
from django.urls import reverse

from accounts.models import User
from designs.models import Design, ProcessingStep
from marketplace.tests import rows
from marketplace.tests.browser.visitor import Visitor
from moderation.models import Review
from studio.models import Consent, Publication

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]


def studio(name: str, design: Design) -> str:
    return reverse(f"studio:{name}", args=[design.public_id])


def test_the_upload_form_and_its_refusal(visitor: Visitor, creator: User, png: bytes) -> None:
    visitor.sign_in(creator)
    visitor.look(reverse("studio:upload"))
    page = visitor.page
    page.get_by_label("Title").fill("Refused")
    page.locator("input[type=file][name=master]").set_input_files(
        {"name": "piece.png", "mimeType": "image/png", "buffer": png}
    )
    page.get_by_label("Not made by an AI model").check()
    page.get_by_label("Parameters").fill("[1]")
    page.get_by_role("button", name="Add a person").click()
    page.get_by_role("button", name="Upload", exact=True).click()
    page.locator(".field-errors").first.wait_for()
    visitor.judge()
    visitor.judge_focus()


def test_the_pages_of_a_draft(visitor: Visitor, creator: User, together: Design) -> None:
    visitor.sign_in(creator)
    for name in ("design", "details", "people", "offers", "replace", "publish"):
        visitor.look(studio(name, together))
        visitor.judge_focus()


def test_a_draft_that_is_processed_refused_and_without_a_price(visitor: Visitor, creator: User) -> None:
    design = rows.draft(creator, "Next", steps=ProcessingStep.State.WAITING, state=Design.State.PROCESSING)
    visitor.sign_in(creator)
    visitor.look(studio("design", design))
    design.versions.get().steps.filter(name=ProcessingStep.Name.INSPECT).update(
        state=ProcessingStep.State.FAILED, message="The mesh has no triangles."
    )
    visitor.look(studio("design", design))
    visitor.look(reverse("studio:dashboard"))
    design.versions.get().steps.update(state=ProcessingStep.State.DONE)
    Design.objects.filter(pk=design.pk).update(state=Design.State.DRAFT)
    visitor.look(studio("design", design))
    visitor.look(studio("publish", design))


def test_consent_asked_accepted_declined_and_closed(
    visitor: Visitor, creator: User, cocreator: User, together: Design
) -> None:
    frozen = rows.publication(together, accepted=False, state=Publication.State.ASKED)
    address = reverse("studio:consent", args=[frozen.public_id])
    answer = Consent.objects.filter(publication=frozen, account=cocreator)
    visitor.sign_in(cocreator)
    visitor.look(reverse("studio:dashboard"))
    visitor.look(address)
    visitor.judge_focus()
    visitor.sign_in(creator)
    visitor.look(studio("design", together))
    visitor.sign_in(cocreator)
    answer.update(state=Consent.State.ACCEPTED, signature=b"\x01" * 65, decided_at=frozen.deadline)
    visitor.look(address)
    answer.update(state=Consent.State.DECLINED, signature=None, reason="My share is too small.")
    Publication.objects.filter(pk=frozen.pk).update(state=Publication.State.DROPPED)
    visitor.look(address)
    Design.objects.filter(pk=together.pk).update(state_reason="tpms-lab declined: My share is too small.")
    visitor.sign_in(creator)
    visitor.look(studio("design", together))


def test_a_registration_waits_for_a_moderator_is_queued_and_anchored(
    visitor: Visitor, creator: User, together: Design
) -> None:
    visitor.sign_in(creator)
    frozen = rows.publication(together, state=Publication.State.ASKED)
    Review.objects.create(version=together.versions.get(), digest=frozen.digest, rule=Review.Rule.ALREADY_CLAIMED)
    visitor.look(studio("design", together))
    Publication.objects.filter(pk=frozen.pk).update(state=Publication.State.SUBMITTED)
    Design.objects.filter(pk=together.pk).update(state=Design.State.ANCHORING)
    visitor.look(studio("design", together))
    rows.anchor(together, block=20)
    for final in (10, 20):
        rows.chain_read_to(20, final=final)
        visitor.look(studio("design", together))
        visitor.look(together.get_absolute_url())
    visitor.look(reverse("studio:dashboard"))


@pytest.mark.parametrize("state", [Design.State.REJECTED, Design.State.WITHDRAWN, Design.State.TAKEN_DOWN])
def test_a_design_that_was_stopped(visitor: Visitor, creator: User, together: Design, state: str) -> None:
    Design.objects.filter(pk=together.pk).update(state=state, state_reason="The file shows a person who did not agree.")
    visitor.sign_in(creator)
    visitor.look(studio("design", together))


def test_the_moderators_queue(visitor: Visitor, moderator: User, together: Design) -> None:
    User.objects.filter(pk=moderator.pk).update(is_superuser=True)
    frozen = rows.publication(together, state=Publication.State.ASKED)
    review = Review.objects.create(
        version=together.versions.get(), digest=frozen.digest, rule=Review.Rule.ALREADY_CLAIMED
    )
    visitor.sign_in(moderator)
    for address in (
        reverse("admin:moderation_review_changelist"),
        reverse("admin:moderation_review_change", args=[review.pk]),
    ):
        visitor.go(address)
        assert visitor.findings("critical") == [], address
