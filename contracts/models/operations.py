"""How a chain does, for whoever runs this: nothing here is read by what does the work."""

from django.db import models
from django.db.models import Q

from common.fields import AddressField, UintField


class KeyBalance(models.Model):
    """What a key that sends had of the chain's own coin when it was last asked for."""

    chain_id = models.BigIntegerField()
    address = AddressField()
    wei = UintField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "address"], name="one_balance_per_key")]

    def __str__(self) -> str:
        return f"{self.wei} wei of {self.address}"


class ReadingError(models.Model):
    """A step of the indexer that failed. Kept for a day."""

    chain_id = models.BigIntegerField()
    at = models.DateTimeField()
    error = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["chain_id", "at"], name="reading_errors_by_time")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.error}"


class AuditRun(models.Model):
    """One comparison of the database with the chain. Without an end it goes on, or its process died."""

    chain_id = models.BigIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    block_number = models.BigIntegerField(null=True, help_text="at which both were compared")
    differences = models.PositiveIntegerField(null=True, help_text="how many; empty when it came to no end")
    lines = models.JSONField(default=list, help_text="the first differences, a sentence each")
    totals = models.JSONField(default=list, help_text="of each currency, in base units (contracts.hooks.Tally)")
    error = models.TextField(blank=True, help_text="why it could not be made")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(differences__isnull=True) | Q(ended_at__isnull=False, block_number__isnull=False, error=""),
                name="counted_audits_have_ended",
            ),
        ]
        ordering = ["-began_at"]

    def __str__(self) -> str:
        return f"audit of {self.began_at:%Y-%m-%d %H:%M}"


class Alarm(models.Model):
    """At which level a gauge stands since when, and which level the operators were last told of."""

    class Level(models.TextChoices):
        GREEN = "green"
        AMBER = "amber"
        RED = "red"

    chain_id = models.BigIntegerField()
    name = models.CharField(max_length=100)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.GREEN)
    value = models.TextField(blank=True, help_text="what it was when it came to this level")
    since = models.DateTimeField()
    told_level = models.CharField(max_length=8, choices=Level.choices, default=Level.GREEN)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "name"], name="one_alarm_per_gauge"),
            models.CheckConstraint(condition=~Q(told_level="amber"), name="amber_is_not_told"),
        ]

    def __str__(self) -> str:
        return f"{self.name} is {self.level}"
