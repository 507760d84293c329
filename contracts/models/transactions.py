"""What we send: intents with an idempotency key, every signed form of them, and their history (law 3)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, HashField, UintField


class SenderNonce(models.Model):
    """The one allocator of a key's nonces on a chain: read and moved under a row lock (law 4)."""

    chain_id = models.BigIntegerField()
    address = AddressField()
    next_nonce = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "address"], name="one_allocator_per_key"),
            models.CheckConstraint(condition=Q(next_nonce__gte=0), name="nonces_count_up"),
        ]

    def __str__(self) -> str:
        return f"{self.address} on chain {self.chain_id}"


class ChainTransaction(models.Model):
    """One business action on its way to a chain. The row is the queue (law 5)."""

    class State(models.TextChoices):
        PLANNED = "planned"
        SIGNED = "signed"
        BROADCAST = "broadcast"
        REPLACED = "replaced"
        MINED = "mined"
        FINAL = "final"
        FAILED = "failed"
        CANCELED = "canceled"

    LIVE = (State.PLANNED, State.SIGNED, State.BROADCAST, State.REPLACED, State.MINED)
    IN_FLIGHT = (State.SIGNED, State.BROADCAST, State.REPLACED)
    GIVEN_UP = (State.FAILED, State.CANCELED)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    chain_id = models.BigIntegerField()
    kind = models.CharField(max_length=64, help_text="the kind of business action; outcome handlers go by it")
    subject = models.CharField(max_length=128, help_text="whose action: app.model:id")
    ref = HashField(help_text="idempotency key of the action")
    sender = AddressField()
    contract = models.CharField(max_length=64, blank=True, help_text="empty: nothing is called")
    target = AddressField(blank=True, default="", help_text="where it is called; empty: at its place in the deployment")
    function = models.CharField(max_length=64, blank=True)
    args = models.JSONField(default=list)
    value = UintField(default=0, help_text="native coin in wei")

    state = models.CharField(max_length=16, choices=State.choices, default=State.PLANNED)
    error = models.TextField(blank=True, help_text="why it failed, or what the node said last")
    outcome_delivered = models.BooleanField(default=False)
    outcome_waits = models.BooleanField(default=False, help_text="its app cannot tell yet what became of it")
    waits_for_nonce = models.BigIntegerField(
        null=True, help_text="its simulation failed while earlier sends were open; looked at again after them"
    )

    nonce = models.BigIntegerField(null=True)
    transaction_hash = HashField(null=True, help_text="of the attempt that was sent last, or is in a block")
    block_number = models.BigIntegerField(null=True)
    block_hash = HashField(null=True)
    succeeded = models.BooleanField(null=True, help_text="the receipt's status")
    gas_used = models.BigIntegerField(null=True)
    gas_price = UintField(null=True, help_text="wei per gas that was paid")

    created_at = models.DateTimeField(auto_now_add=True)
    state_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "kind", "ref"], name="one_transaction_per_action"),
            models.UniqueConstraint(
                fields=["chain_id", "sender", "nonce"],
                condition=~Q(state__in=["failed", "canceled"]),
                name="one_transaction_per_nonce",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "planned",
                        "signed",
                        "broadcast",
                        "replaced",
                        "mined",
                        "final",
                        "failed",
                        "canceled",
                    ]
                ),
                name="known_transaction_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "failed", "canceled"])
                | Q(nonce__isnull=False, transaction_hash__isnull=False),
                name="signed_has_nonce_and_hash",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["mined", "final"])
                | Q(block_hash__isnull=False, block_number__isnull=False, succeeded__isnull=False),
                name="mined_has_block",
            ),
            models.CheckConstraint(condition=~Q(state="final") | Q(succeeded=True), name="final_has_succeeded"),
        ]
        indexes = [
            models.Index(
                fields=["chain_id", "sender", "state", "id"],
                name="live_transactions",
                condition=Q(state__in=["planned", "signed", "broadcast", "replaced", "mined"]),
            ),
            models.Index(
                fields=["chain_id"],
                name="undelivered_outcomes",
                condition=Q(state__in=["failed", "canceled"], outcome_delivered=False),
            ),
            models.Index(fields=["subject"], name="transactions_by_subject"),
            models.Index(fields=["chain_id", "state_at"], name="failed_transactions", condition=Q(state="failed")),
        ]

        permissions = [("operate_chaintransaction", "Can send again, speed up and cancel transactions")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class TransactionAttempt(models.Model):
    """One signed form of a transaction. Its bytes are stored before they leave us, and sent again as they are."""

    transaction = models.ForeignKey(ChainTransaction, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    nonce = models.BigIntegerField()
    hash = HashField(db_index=True)
    raw = models.BinaryField()
    gas_limit = models.BigIntegerField()
    max_fee_per_gas = UintField(help_text="wei")
    max_priority_fee_per_gas = UintField(help_text="wei")
    signed_at = models.DateTimeField(auto_now_add=True)
    broadcast_at = models.DateTimeField(null=True, help_text="when a node first took it")
    tried_at = models.DateTimeField(null=True, help_text="when it was last handed to a node")
    answer = models.TextField(blank=True, help_text="the node's last refusal")
    cancels = models.BooleanField(default=False, help_text="an empty transaction, signed to use up the nonce")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction", "number"], name="attempts_are_numbered"),
            models.UniqueConstraint(fields=["transaction", "hash"], name="one_attempt_per_hash"),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.hash}"


class TransactionHistory(models.Model):
    """When a transaction moved from which state to which, and why."""

    transaction = models.ForeignKey(ChainTransaction, on_delete=models.CASCADE, related_name="history")
    before = models.CharField(max_length=16, blank=True)
    after = models.CharField(max_length=16)
    note = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "transaction histories"

    def __str__(self) -> str:
        return f"{self.before or 'new'} → {self.after}"


class OperatorOrder(models.Model):
    """What an operator asked to be done with a transaction, why, and what came of it. Never changed afterwards."""

    class Action(models.TextChoices):
        RETRY = "retry", _("Try again now")
        SPEED_UP = "speed_up", _("Speed up")
        CANCEL = "cancel", _("Cancel")

    transaction = models.ForeignKey(ChainTransaction, on_delete=models.CASCADE, related_name="orders")
    action = models.CharField(max_length=16, choices=Action.choices)
    reason = models.TextField()
    operator = models.CharField(max_length=254, help_text="who asked")
    at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    result = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction"], condition=Q(done_at__isnull=True), name="one_open_order_per_transaction"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="orders_have_a_reason"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.action} by {self.operator}"
