"""The moderators' queue."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from designs.resemblance import SHOWN, matches_of, sentence_of
from moderation.models import Review
from moderation.services import AlreadyDecided, decide


class ReviewForm(forms.ModelForm):
    """A decision: who is refused is told why."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("state") == Review.State.REJECTED and not data.get("reason", "").strip():
            self.add_error("reason", _("Say why: the creator reads this."))
        return data


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):
    """Approve or reject from the list or the page; the reason typed on the page goes to the creator."""

    form = ReviewForm
    list_display = ("design", "owner", "state", "rule", "created_at", "decided_by", "decided_at")
    list_filter = ("state", "rule")
    list_select_related = ("version__design__owner", "decided_by")
    search_fields = ("version__design__title", "version__design__owner__email")
    actions = ("approve", "reject")
    fields = ("design", "owner", "look", "alike", "rule", "state", "reason", "decided_by", "decided_at")
    readonly_fields = ("design", "owner", "look", "alike", "rule", "decided_by", "decided_at")

    @admin.display(description=_("design"))
    def design(self, review: Review) -> str:
        return review.version.design.title

    @admin.display(description=_("creator"))
    def owner(self, review: Review) -> str:
        return str(review.version.design.owner)

    @admin.display(description=_("look at it"))
    def look(self, review: Review) -> SafeString:
        design = review.version.design
        return format_html('<a href="{}">{}</a>', design.get_absolute_url(), design.title)

    @admin.display(description=_("earlier designs that look alike"))
    def alike(self, review: Review) -> SafeString | str:
        """Each with what was measured; the pages show the pictures."""
        rows = matches_of(review.version)[:SHOWN]
        return format_html_join(
            "",
            '<p><a href="{}">{}</a>, {} ({})<br>{}: {}</p>',
            (
                (
                    row.of(review.version).design.get_absolute_url(),
                    row.of(review.version).design.title,
                    row.of(review.version).design.owner.display_name,
                    row.of(review.version).design.get_state_display(),
                    row.get_kind_display(),
                    sentence_of(row),
                )
                for row in rows
            ),
        ) or str(_("none found"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Review | None = None) -> Any:
        # Not by the state: a form that is shown again has written the wished one on the object.
        decided = obj is not None and obj.decided_at is not None
        return (*self.readonly_fields, "state", "reason") if decided else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Review, form: Any, change: bool) -> None:
        if obj.state == Review.State.PENDING:
            messages.info(request, _("Choose approved or rejected to decide."))
            return
        self._decide(request, obj, approve=obj.state == Review.State.APPROVED, reason=obj.reason)

    @admin.action(description=_("Approve the selected reviews"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        for review in queryset:
            self._decide(request, review, approve=True, reason=str(_("Approved by a moderator.")))

    @admin.action(description=_("Reject the selected reviews"), permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        for review in queryset:
            self._decide(request, review, approve=False, reason=str(_("A moderator did not approve this file.")))

    def _decide(self, request: HttpRequest, review: Review, *, approve: bool, reason: str) -> None:
        try:
            decide(moderator=request.user, review=review, approve=approve, reason=reason)  # type: ignore[arg-type]
        except AlreadyDecided:
            messages.warning(request, _("“%s” was decided meanwhile; nothing was changed.") % review.version.design)
