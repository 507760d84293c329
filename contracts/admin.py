"""Read-only pages: an operator sees every transaction, event and cursor, and changes nothing here."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from contracts.models import (
    ChainCursor,
    ChainEvent,
    ChainTransaction,
    SenderNonce,
    TransactionAttempt,
    TransactionHistory,
)


class ReadOnly:
    """Nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class AttemptInline(ReadOnly, admin.TabularInline):
    model = TransactionAttempt
    fields = (
        "number",
        "nonce",
        "hash",
        "gas_limit",
        "max_fee_per_gas",
        "max_priority_fee_per_gas",
        "signed_at",
        "broadcast_at",
        "tried_at",
        "answer",
    )
    extra = 0


class HistoryInline(ReadOnly, admin.TabularInline):
    model = TransactionHistory
    fields = ("at", "before", "after", "note")
    extra = 0


@admin.register(ChainTransaction)
class ChainTransactionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "kind", "subject", "state", "nonce", "block_number", "state_at", "error")
    list_filter = ("state", "kind", "chain_id")
    search_fields = ("subject", "ref", "transaction_hash")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (AttemptInline, HistoryInline)


@admin.register(ChainEvent)
class ChainEventAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "contract", "name", "block", "log_index", "transaction_hash")
    list_filter = ("contract", "name", "chain_id")
    list_select_related = ("block",)
    search_fields = ("transaction_hash",)
    ordering = ("-id",)


@admin.register(ChainCursor)
class ChainCursorAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "chain_id",
        "number",
        "finalized_number",
        "head_number",
        "reached_at",
        "sending_stopped",
        "last_error",
    )
    list_filter = ("chain_id",)


@admin.register(SenderNonce)
class SenderNonceAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("chain_id", "address", "next_nonce")
    list_filter = ("chain_id",)
