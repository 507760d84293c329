"""How far a chain has been read, and how it does."""

from django.db import models

from common.fields import HashField


class ChainCursor(models.Model):
    """One row per chain. `number` and `hash` are the last block read; it moves by guarded UPDATE only.

    The health columns are written outside the reading transaction, so that a failed step cannot take back the
    news that it failed.
    """

    chain_id = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField(help_text="last block read, with everything in it projected")
    hash = HashField()
    finalized_number = models.BigIntegerField(help_text="no reorganization reaches this block or below")
    finalized_hash = HashField()
    tells_finality = models.BooleanField(
        default=False, help_text="the chain has told a final block: its depth makes none final any more"
    )
    head_number = models.BigIntegerField(help_text="the node's newest block when it was last asked")
    reached_at = models.DateTimeField(null=True, help_text="when the node last answered the indexer")
    window = models.PositiveIntegerField(
        default=64, help_text="blocks per question; by what they held, halved when refused"
    )
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)
    endpoints = models.JSONField(default=list, help_text="how the nodes do, as the indexer has seen them")
    sending_stopped = models.TextField(blank=True, help_text="why nothing is sent; empty when sending works")
    moved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(finalized_number__lte=models.F("number")), name="final_is_read"),
        ]

    def __str__(self) -> str:
        return f"chain {self.chain_id} at block {self.number}"
