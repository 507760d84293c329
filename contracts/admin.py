"""Pages of the operator, who sees every transaction, event and cursor, and changes nothing by hand.

What may be asked for is done by a worker, with a reason that stays (contracts/outbox/operating.py).
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from contracts.models import (
    AuditRun,
    ChainCursor,
    ChainEvent,
    ChainTransaction,
    OperatorOrder,
    SenderNonce,
    TransactionAttempt,
    TransactionHistory,
)
from contracts.outbox.operating import OrderRefused, order, possible_orders


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
        "cancels",
        "answer",
    )
    extra = 0


class HistoryInline(ReadOnly, admin.TabularInline):
    model = TransactionHistory
    fields = ("at", "before", "after", "note")
    extra = 0


class OrderInline(ReadOnly, admin.TabularInline):
    model = OperatorOrder
    fields = ("at", "action", "reason", "operator", "done_at", "result")
    extra = 0


@admin.register(ChainTransaction)
class ChainTransactionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "kind", "subject", "state", "nonce", "block_number", "state_at", "error")
    list_filter = ("state", "kind", "chain_id")
    search_fields = ("subject", "ref", "transaction_hash")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (AttemptInline, HistoryInline, OrderInline)

    def get_urls(self) -> list[URLPattern]:
        asked = path(
            "<int:pk>/order/", self.admin_site.admin_view(self.order_view), name="contracts_chaintransaction_order"
        )
        return [asked, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tx = self.get_object(request, object_id)
        possible = possible_orders(tx) if tx is not None and _may_operate(request) else []
        orders = [(action, OperatorOrder.Action(action).label) for action in possible]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "orders": orders})

    def order_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for one of the things that may be asked for. Only by POST."""
        if request.method != "POST" or not _may_operate(request):
            raise PermissionDenied
        tx = get_object_or_404(ChainTransaction, pk=pk)
        try:
            order(
                tx=tx,
                action=request.POST.get("action", ""),
                reason=request.POST.get("reason", "")[:2000],
                operator=request.user.get_username(),
            )
        except OrderRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("A worker does it now; what came of it stands below, under operator orders."))
        return redirect(reverse("admin:contracts_chaintransaction_change", args=[pk]))


def _may_operate(request: HttpRequest) -> bool:
    return request.user.has_perm("contracts.operate_chaintransaction")


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


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("began_at", "chain_id", "ended_at", "block_number", "differences", "error")
    list_filter = ("chain_id",)
