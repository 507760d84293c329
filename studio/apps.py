from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_noop

        from accounts.hooks import register_eraser, register_exporter, register_notification_kind
        from common.later import Later
        from contracts.hooks import register_auditor, register_outcome, register_projection
        from studio import projections
        from studio.kinds import REGISTER

        register_projection("DesignRegistry", "StandingChanged", projections.standing_changed)
        register_projection("DesignRegistry", "MinimumsStated", projections.minimums_stated)
        register_auditor("studio.terms", Later("studio.audit.terms"))

        register_exporter("studio", Later("studio.services.personal_data.own_data"))
        register_eraser("studio", Later("studio.services.personal_data.forget_share_address"))
        register_outcome(REGISTER, Later("studio.services.publishing.registration_failed"))
        register_notification_kind("consent_asked", gettext_noop("Request for consent"))
        register_notification_kind("consent_declined", gettext_noop("Consent declined"))
        register_notification_kind("publication_rejected", gettext_noop("Not approved"))
        register_notification_kind("publication_failed", gettext_noop("Publishing failed"))
