from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_noop

        from accounts.hooks import register_exporter, register_notification_kind
        from common.later import Later
        from contracts.hooks import register_outcome
        from moderation.policy import SET_STATUS

        register_outcome(SET_STATUS, Later("moderation.services.sending.status_failed"))
        register_exporter("moderation", Later("moderation.selectors.own_data"))
        register_notification_kind("report_received", gettext_noop("Receipt of a report"))
        register_notification_kind("report_decided", gettext_noop("Report decided"))
        register_notification_kind("moderation_question", gettext_noop("Question of a moderator"), always_mailed=True)
        register_notification_kind("moderation_decision", gettext_noop("Decision of a moderator"), always_mailed=True)
        register_notification_kind("moderation_unsent", gettext_noop("Decision not on chain"))
        register_notification_kind("appeal_received", gettext_noop("Receipt of an appeal"))
        register_notification_kind("appeal_decided", gettext_noop("Appeal decided"), always_mailed=True)
