from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contracts.hooks import register_outcome

        from studio.services import publishing

        register_outcome(publishing.REGISTER, publishing.registration_failed)
