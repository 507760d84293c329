"""What an operator looks at: files that were found lost or damaged, how far the scrub is, public copies."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from designs.errors import DesignError
from designs.models import PublicCopy, ScrubCursor, ScrubFinding
from designs.services.public_copies import take_away


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in self.opts.fields]


@admin.register(ScrubFinding)
class ScrubFindingAdmin(ReadOnlyAdmin):
    list_display = ("store", "sha256", "fault", "state", "source", "found_by", "created_at", "restored_at")
    list_filter = ("state", "store", "fault")
    search_fields = ("sha256",)


@admin.register(ScrubCursor)
class ScrubCursorAdmin(ReadOnlyAdmin):
    list_display = ("store", "checked", "round_began_at", "last_round_ended_at", "leased_until")


@admin.register(PublicCopy)
class PublicCopyAdmin(ReadOnlyAdmin):
    list_display = ("version", "place", "state", "name", "attempts", "error_code", "detail", "created_at")
    list_filter = ("state", "place")
    list_select_related = ("version",)
    search_fields = ("name", "sha256", "version__design__title")
    actions = ("remove",)

    @admin.action(description=_("Remove the selected copies from their stores"), permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[PublicCopy]) -> None:
        for copy in queryset:
            try:
                take_away(copy)
            except DesignError as error:
                messages.error(request, f"{copy}: {error}")
