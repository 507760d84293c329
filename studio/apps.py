from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_noop

        from accounts.hooks import register_eraser, register_exporter, register_notification_kind
        from contracts.hooks import register_auditor, register_outcome, register_projection
        from studio import audit, projections
        from studio.services import personal_data, publishing

        register_projection("DesignRegistry", "StandingChanged", projections.standing_changed)
        register_projection("DesignRegistry", "MinimumsStated", projections.minimums_stated)
        register_auditor("studio.terms", audit.terms)

        register_exporter("studio", personal_data.own_data)
        register_eraser("studio", personal_data.forget_share_address)
        register_outcome(publishing.REGISTER, publishing.registration_failed)
        register_notification_kind("consent_asked", gettext_noop("Request for consent"))
        register_notification_kind("consent_declined", gettext_noop("Consent declined"))
        register_notification_kind("publication_rejected", gettext_noop("Not approved"))
        register_notification_kind("publication_failed", gettext_noop("Publishing failed"))
