"""What was read from a chain. Every projected row hangs on its event, every event on its block (law 2)."""

from typing import Any

from django.db import models

from common.fields import AddressField, HashField


class ChainBlock(models.Model):
    """A block we have read: those with events for ever, the others while they may still be reorganized."""

    chain_id = models.BigIntegerField()
    number = models.BigIntegerField()
    hash = HashField()
    parent_hash = HashField()
    timestamp = models.DateTimeField()
    has_events = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "number"], name="one_block_per_number"),
            models.UniqueConstraint(fields=["chain_id", "hash"], name="one_block_per_hash"),
        ]
        indexes = [
            models.Index(fields=["chain_id", "number"], name="empty_blocks", condition=models.Q(has_events=False)),
        ]

    def __str__(self) -> str:
        return f"block {self.number} of chain {self.chain_id}"


class ChainEvent(models.Model):
    """A log of one of our contracts. `name` is empty and `args` is {} while no ABI of ours knows it.

    `topics` and `data` are empty where the arguments say all that stood in them.
    In `args` integers are decimal text, bytes 0x and lower-case hex, addresses checksummed, arrays lists.
    """

    # one_event_per_log begins with it: an index of its own would only cost each row. Not checked: decision 0032.
    block = models.ForeignKey(
        ChainBlock, on_delete=models.CASCADE, related_name="events", db_index=False, db_constraint=False
    )
    chain_id = models.BigIntegerField()
    contract = models.CharField(max_length=64)
    address = AddressField()
    name = models.CharField(max_length=64, blank=True)
    args = models.JSONField(default=dict)
    transaction_hash = HashField()
    transaction_index = models.PositiveIntegerField()
    log_index = models.PositiveIntegerField()
    topics = models.JSONField(default=list)
    data = models.TextField(default="0x")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["block", "log_index"], name="one_event_per_log"),
        ]
        indexes = [
            models.Index(fields=["chain_id", "name"], name="events_by_name"),
            models.Index(fields=["transaction_hash"], name="events_by_transaction"),
        ]
        ordering = ["block__number", "log_index"]

    def __str__(self) -> str:
        return f"{self.contract}.{self.name or '?'} at log {self.log_index}"

    def integer(self, name: str) -> int:
        """An argument of an integer type. Raises KeyError and ValueError."""
        return int(self.args[name])

    def text(self, name: str) -> str:
        """An argument that is an address, bytes or text, as it is stored. Raises KeyError and ValueError."""
        value: Any = self.args[name]
        if not isinstance(value, str):
            raise ValueError(f"{name} of {self.name} is no text")
        return value
