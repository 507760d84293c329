from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import checks  # noqa: F401
        from accounts.hooks import register_eraser, register_exporter, register_notification_kind
        from common.later import Later

        register_exporter("accounts", Later("accounts.services.personal_data.own_data"))
        register_eraser("accounts", Later("accounts.services.personal_data.forget_wallets"))
        register_notification_kind("custody_exported", _("Custody key shown"), always_mailed=True)
        register_notification_kind("wallet_linked", _("Wallet linked"), always_mailed=True)
        register_notification_kind("wallet_unlinked", _("Wallet unlinked"), always_mailed=True)
