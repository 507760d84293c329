"""Accounts in the admin: people can be helped and banned; keys and signatures can only be seen to exist."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import CustodyKey, Notification, SigningConfirmation, User, Wallet, WalletEvent


class UserCreationForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "display_name")
        field_classes = {"email": forms.EmailField}


class SeenOnlyAdmin(admin.ModelAdmin):
    """Rows that services write: nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    add_form = UserCreationForm
    ordering = ("-id",)
    list_display = ("email", "display_name", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "display_name", "public_id", "custody_key__address", "wallets__address")
    readonly_fields = ("public_id", "created_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "password", "display_name", "public_id")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "display_name", "password1", "password2")}),)


@admin.register(CustodyKey)
class CustodyKeyAdmin(SeenOnlyAdmin):
    list_display = ("address", "user", "created_at", "exported_at")
    search_fields = ("address", "user__email")
    fields = ("user", "address", "key_version", "created_at", "exported_at")


@admin.register(SigningConfirmation)
class SigningConfirmationAdmin(SeenOnlyAdmin):
    list_display = ("purpose", "user", "digest", "confirmed_at")
    search_fields = ("purpose", "digest", "user__email")
    fields = ("user", "address", "purpose", "digest", "typed_data", "method", "confirmed_at")


@admin.register(Notification)
class NotificationAdmin(SeenOnlyAdmin):
    list_display = ("kind", "user", "subject", "created_at", "sent_at")
    list_filter = ("kind",)
    search_fields = ("subject", "user__email")


@admin.register(Wallet)
class WalletAdmin(SeenOnlyAdmin):
    list_display = ("address", "user", "kind", "label", "linked_at", "last_used_at")
    list_filter = ("kind",)
    search_fields = ("address", "user__email")


@admin.register(WalletEvent)
class WalletEventAdmin(SeenOnlyAdmin):
    list_display = ("address", "action", "user", "at")
    list_filter = ("action",)
    search_fields = ("address", "user__email")
