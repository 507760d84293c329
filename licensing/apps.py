from django.apps import AppConfig


class LicensingConfig(AppConfig):
    name = "licensing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.hooks import register_exporter
        from common.later import Later
        from contracts.hooks import Table, register_auditor, register_projection
        from licensing import models, projections

        register_exporter("licensing", Later("licensing.services.personal_data.own_data"))
        register_projection("LicenseMarket", "OfferOpened", projections.offer_opened)
        register_projection("LicenseMarket", "OfferClosed", projections.offer_closed)
        register_projection("LicenseMarket", "EntryClosed", projections.entry_closed)
        register_projection("LicenseMarket", "LicenseSold", projections.license_sold)
        moved = Table(models.LicenseMovement, projections.MOVEMENT)
        register_projection("DesignLicenses", "TransferSingle", projections.license_moved, table=moved)
        register_projection("DesignLicenses", "TransferBatch", projections.licenses_moved, table=moved)
        register_projection(
            "DesignLicenses", "LicenseRevoked", projections.license_revoked, reads=[models.LicenseMovement]
        )
        register_projection("DesignLicenses", "LicenseIssued", projections.license_issued)
        register_projection("DesignLicenses", "SubscriptionUpdate", projections.license_extended)
        register_auditor("licensing.holders", Later("licensing.audit.holders"))
        register_auditor("licensing.offers", Later("licensing.audit.offers"))
        register_auditor("licensing.closings", Later("licensing.audit.closings"))
