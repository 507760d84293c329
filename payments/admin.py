"""Payments in the admin: to be read. Their state moves by providers' events and refunds only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from payments.models import PaymentIntent, ProviderEvent


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PaymentIntent)
class PaymentIntentAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "payer", "amount", "currency", "state", "created_at")
    list_filter = ("state", "provider")
    search_fields = ("public_id", "purpose_key", "provider_reference", "payer__email")


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "provider", "kind", "outcome", "received_at")
    list_filter = ("outcome", "provider")
    search_fields = ("event_id", "intent__public_id")
