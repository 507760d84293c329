"""A draft frozen for consent, everyone's answer to it, and the offers it opens with."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, EntryIdField, HashField, UintField
from designs.models import Contribution, Design, Resource


class FirstOfferDraft(models.Model):
    """An offer that the design is to open with. Price in base units of the test dollar."""

    design = models.ForeignKey("designs.Design", on_delete=models.CASCADE, related_name="first_offers")
    template = models.ForeignKey("licensing.LicenseTemplate", on_delete=models.PROTECT, related_name="+")
    price = UintField()
    supply = models.PositiveIntegerField(default=0, help_text="0 means unlimited")

    class Meta:
        ordering: ClassVar = ["template__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["design", "template"], name="one_offer_per_terms"),
            models.CheckConstraint(condition=models.Q(price__gt=0), name="first_offer_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.design_id} {self.template_id} {self.price}"


class ShareAddress(models.Model):
    """The address at which a person wants to hold shares that are given to them. Custody where there is no row."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="share_address")
    address = AddressField()

    def __str__(self) -> str:
        return self.address


class Publication(models.Model):
    """A draft as it was when consent was asked: the typed data everyone signs. A change makes another.

    It is of a version of a design, or of a resource: `work` is either.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for consent")
        SUBMITTED = "submitted", _("Submitted")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("Dropped")

    OPEN: ClassVar = (State.ASKED, State.SUBMITTED)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    design = models.ForeignKey(
        "designs.Design", on_delete=models.CASCADE, null=True, blank=True, related_name="publications"
    )
    version = models.ForeignKey(
        "designs.DesignVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="publications"
    )
    resource = models.ForeignKey(
        "designs.Resource", on_delete=models.CASCADE, null=True, blank=True, related_name="publications"
    )
    record = models.OneToOneField("designs.ProvenanceRecord", on_delete=models.PROTECT, related_name="publication")
    chain_id = models.PositiveBigIntegerField()
    registry = AddressField()
    creator = AddressField()
    entry_id = EntryIdField()
    typed_data = models.JSONField()
    digest = HashField(unique=True)
    deadline = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.ASKED)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["design"],
                name="one_open_publication",
                condition=models.Q(state__in=["asked", "submitted"]),
            ),
            models.UniqueConstraint(
                fields=["resource"],
                name="one_open_publication_of_a_resource",
                condition=models.Q(state__in=["asked", "submitted"]),
            ),
            models.CheckConstraint(
                condition=models.Q(design__isnull=False, version__isnull=False, resource__isnull=True)
                | models.Q(design__isnull=True, version__isnull=True, resource__isnull=False),
                name="publication_is_of_a_design_or_a_resource",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def work(self) -> Design | Resource:
        """What is to be registered."""
        work = self.design or self.resource
        assert work is not None, "the database says so"
        return work

    @property
    def expired(self) -> bool:
        return self.deadline <= timezone.now()

    @property
    def ref(self) -> str:
        """The business action's key, the same in the outbox: the digest everyone signed."""
        return self.digest


class Consent(models.Model):
    """One signer's answer to a publication. The first in order is the creator."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="consents")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="consents")
    position = models.PositiveSmallIntegerField()
    address = AddressField()
    role = models.CharField(max_length=20, choices=Contribution.Role)
    units = models.PositiveIntegerField()
    custodial = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    reason = models.TextField(max_length=500, blank=True)
    signature = models.BinaryField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["publication", "account"], name="consent_once"),
            models.UniqueConstraint(fields=["publication", "position"], name="consent_position_once"),
            models.CheckConstraint(
                condition=models.Q(state="accepted", signature__isnull=False) | ~models.Q(state="accepted"),
                name="accepted_means_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication_id} #{self.position} {self.state}"
