"""Proofs of fields that a creator shows to whoever has the address."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse


class FieldProofLink(models.Model):
    """Chosen fields of a record at an address of their own. Taking it back deletes the row; who kept a copy has it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey("designs.ProvenanceRecord", on_delete=models.CASCADE, related_name="proof_links")
    keys = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(keys=[]), name="proof_link_shows_something"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}: {', '.join(self.keys)}"

    def get_absolute_url(self) -> str:
        return reverse("verify:shown_proof", args=[self.public_id])
