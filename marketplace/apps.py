from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_noop

        from accounts.hooks import register_exporter, register_notification_kind
        from common.later import Later
        from contracts.hooks import register_auditor, register_outcome
        from marketplace.sales import BUY, BUY_SIGNED
        from payments.hooks import register_settlement

        register_exporter("marketplace", Later("marketplace.services.personal_data.own_data"))
        register_outcome(BUY, Later("marketplace.services.checkout.purchase_failed"))
        register_outcome(BUY_SIGNED, Later("marketplace.services.wallet_orders.signed_purchase_failed"))
        register_auditor("marketplace.orders", Later("marketplace.audit.orders"))
        register_settlement(Later("marketplace.services.checkout.payment_settled"))
        register_notification_kind("license_ready", gettext_noop("License ready"))
        register_notification_kind("order_failed", gettext_noop("Purchase failed"))
