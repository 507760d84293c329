from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contracts.hooks import register_outcome
        from payments.hooks import register_settlement

        from marketplace.services import checkout

        register_outcome(checkout.BUY, checkout.purchase_failed)
        register_settlement(checkout.payment_settled)
