"""Who may open what in moderation. Whoever may not is told that there is nothing, as if it were so."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import User
from moderation.models import Case, Decision, Report

VIEW, CHANGE = "moderation.view_case", "moderation.change_case"

Page = Callable[..., HttpResponse]


def person(request: HttpRequest) -> User:
    """The signed-in account; every page that asks stands behind sign-in."""
    if not isinstance(request.user, User):
        raise TypeError("This view needs a signed-in account.")
    return request.user


def moderators_only(view: Page) -> Page:
    """Open a page to whoever may view cases; what changes something needs the permission to change them too."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not person(request).has_perm(VIEW):
            raise Http404
        if request.method not in {"GET", "HEAD"} and not person(request).has_perm(CHANGE):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def own_report(user: User, public_id: uuid.UUID) -> Report:
    """A report of this person. Raises Http404 for anybody else's."""
    found = Report.objects.select_related("design", "case").filter(public_id=public_id, reporter=user).first()
    if found is None:
        raise Http404
    return found


def own_case(user: User, public_id: uuid.UUID) -> Case:
    """The case of a design of this person. Raises Http404 for anybody else's."""
    found = Case.objects.select_related("design").filter(public_id=public_id, design__owner=user).first()
    if found is None:
        raise Http404
    return found


def decision_for(user: User, public_id: uuid.UUID) -> Decision:
    """A decision about one's own design, or any for a moderator. Raises Http404 for everyone else."""
    found = Decision.objects.select_related("design__owner", "case", "moderator").filter(public_id=public_id).first()
    if found is None or not (found.design.owner_id == user.pk or user.has_perm(VIEW)):
        raise Http404
    return found
