from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import checks  # noqa: F401
        from accounts.hooks import register_eraser, register_exporter, register_notification_kind
        from accounts.services.personal_data import forget_wallets, own_data

        register_exporter("accounts", own_data)
        register_eraser("accounts", forget_wallets)
        register_notification_kind("custody_exported", _("Custody key shown"), always_mailed=True)
        register_notification_kind("wallet_linked", _("Wallet linked"), always_mailed=True)
        register_notification_kind("wallet_unlinked", _("Wallet unlinked"), always_mailed=True)
