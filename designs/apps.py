from django.apps import AppConfig


class DesignsConfig(AppConfig):
    name = "designs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pathlib import Path

        from django.conf import settings
        from django.utils.translation import gettext_noop

        from accounts.hooks import register_exporter, register_notification_kind
        from common.later import Later
        from contracts.hooks import (
            register_auditor,
            register_projection,
            register_prover,
            register_stater,
            register_teller,
        )
        from designs import projections

        Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)  # Django takes it as it is
        register_projection("DesignRegistry", "EntryRegistered", projections.entry_registered)
        register_projection("DesignRegistry", "StatusChanged", projections.status_changed)
        register_projection("DesignRegistry", "VersionAdded", projections.version_added)
        register_projection("DesignRegistry", "AncestorsFixed", projections.ancestors_fixed)
        register_exporter("designs", Later("designs.services.personal_data.own_data"))
        register_prover(Later("designs.anchored.proofs_of_file"))
        register_stater(Later("designs.selectors.statements_about"))
        register_teller("content_credentials", Later("designs.credentials_teller.tell"))
        register_auditor("designs.entries", Later("designs.audit.entries"))
        register_auditor("designs.lineage", Later("designs.audit.lineage"))
        register_auditor("designs.keys", Later("designs.audit.keys"))
        register_auditor("designs.copies", Later("designs.audit.copies"))
        register_auditor("designs.files", Later("designs.audit.files"))
        register_notification_kind("resource_taken_down", gettext_noop("Page taken down"))
        register_notification_kind("copy_failed", gettext_noop("Public copy failed"))
        register_notification_kind("blob_lost", gettext_noop("Stored file lost"), always_mailed=True)
