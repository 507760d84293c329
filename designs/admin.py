"""What an operator looks at: files that were found lost or damaged, how far the scrub is, public copies, and pages of
models, programs and data sets."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from designs.errors import DesignError
from designs.models import PublicCopy, Resource, ScrubCursor, ScrubFinding
from designs.services import resource_pages
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


@admin.register(Resource)
class ResourceAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "owner", "state", "license", "entry_id", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("owner",)
    search_fields = ("name", "entry_id", "sha256", "owner__email")
    actions = ("take_down", "show_again")

    @admin.action(description=_("Take the pages of the selected ones down"), permissions=["change"])
    def take_down(self, request: HttpRequest, queryset: QuerySet[Resource]) -> None:
        done = [self.log_change(request, one, "taken down") for one in queryset if resource_pages.take_down(one)]
        messages.success(request, _("%(count)s taken down.") % {"count": len(done)})

    @admin.action(description=_("Show the pages of the selected ones again"), permissions=["change"])
    def show_again(self, request: HttpRequest, queryset: QuerySet[Resource]) -> None:
        done = [self.log_change(request, one, "shown again") for one in queryset if resource_pages.show_again(one)]
        messages.success(request, _("%(count)s shown again.") % {"count": len(done)})
