"""What a person was told: read, unread, and of which kinds they want mail."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.hooks import mail_choices
from accounts.selectors import muted_kinds, notifications_of, unread_number
from accounts.services.notifications import choose_mail, mark_read
from common.paging import key_of

PAGE = 30


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Context: notifications, following (key of the next page), unread, kinds (kind, name, whether mail is wanted)."""
    person = request.user
    told = notifications_of(person)  # type: ignore[arg-type]
    before = key_of(request.GET.get("before", ""))
    rows = list((told.filter(pk__lt=before) if before is not None else told)[: PAGE + 1])
    muted = muted_kinds(person)  # type: ignore[arg-type]
    context = {
        "notifications": rows[:PAGE],
        "following": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "unread_here": unread_number(person),  # type: ignore[arg-type]
        "kinds": [(kind, name, kind not in muted) for kind, name in mail_choices().items()],
    }
    return render(request, "accounts/notifications.html", context)


@login_required
@require_safe
def opened(request: HttpRequest, number: int) -> HttpResponse:
    """Go where a notification leads, and note that it was read."""
    told = get_object_or_404(notifications_of(request.user), pk=number)  # type: ignore[arg-type]
    mark_read(user=request.user, notification_id=told.pk)  # type: ignore[arg-type]
    if told.url.startswith("/") and url_has_allowed_host_and_scheme(told.url, allowed_hosts=None):
        return redirect(told.url)
    return redirect("accounts:notifications")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    mark_read(user=request.user)  # type: ignore[arg-type]
    return redirect("accounts:notifications")


@login_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep of which kinds the person wants mail; unknown ones are left out."""
    choose_mail(user=request.user, wanted=request.POST.getlist("kind"))  # type: ignore[arg-type]
    messages.success(request, _("Your choice of mail is kept."))
    return redirect(reverse("accounts:notifications") + "#mail")
