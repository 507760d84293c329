"""What a draft derives from, what it will ask of works that derive from it, and what designs on chain ask now."""

from typing import ClassVar

from django.db import models

from common.fields import AddressField, EntryIdField, UintField

# The most that all ancestors of a work together get of its revenue, as the registry has it.
MAX_STACK_PPM = 500_000


class ParentDraft(models.Model):
    """A work that a draft derives from, under its standing terms, by its key on the chain."""

    design = models.ForeignKey("designs.Design", on_delete=models.CASCADE, related_name="parent_drafts")
    position = models.PositiveSmallIntegerField()
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    max_ppm = models.PositiveIntegerField(help_text="the most that its creator grants this parent, parts per million")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["design", "chain_id", "entry_id"], name="parent_named_once"),
            models.CheckConstraint(condition=models.Q(max_ppm__lte=MAX_STACK_PPM), name="parent_gets_half_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.design_id} derives from {self.entry_id}"


class DerivativeTermsDraft(models.Model):
    """Whether anyone may derive from a draft once it is on chain, and for what. Closed where there is no row."""

    design = models.OneToOneField("designs.Design", on_delete=models.CASCADE, related_name="derivative_terms")
    open = models.BooleanField(default=False)
    binding = models.BooleanField(default=False, help_text="descendants of descendants owe it as well")
    ppm = models.PositiveIntegerField(default=0, help_text="of a derived work's revenue, parts per million")
    minimum = UintField(default=0, help_text="least fee of each sale, base units of the test dollar; 0: none")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(ppm__lte=MAX_STACK_PPM), name="derivative_part_half_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.design_id} {'open' if self.open else 'closed'} {self.ppm}"


class StandingTerms(models.Model):
    """Terms under which anyone may derive from an entry: the projection of StandingChanged. The newest hold."""

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="standing_terms")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    open = models.BooleanField()
    binding = models.BooleanField()
    ppm = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "standing terms"
        indexes: ClassVar = [models.Index(fields=["chain_id", "entry_id"], name="standing_terms_of")]

    def __str__(self) -> str:
        return f"{self.entry_id} {'open' if self.open else 'closed'} {self.ppm}"


class MinimumFee(models.Model):
    """What each sale of each descendant must bring an entry at least: the projection of MinimumsStated."""

    event = models.ForeignKey("contracts.ChainEvent", on_delete=models.CASCADE, related_name="minimum_fees")
    position = models.PositiveSmallIntegerField()
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    currency = AddressField()
    amount = UintField(help_text="base units")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id", "currency"], name="one_minimum_per_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.amount} of {self.currency}"
