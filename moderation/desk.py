"""The moderators' desk: queue, one case on one screen, appeals, log."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from designs.models import Design
from moderation import selectors, services
from moderation.access import CHANGE, decision_for, moderators_only, person
from moderation.errors import ModerationRefused
from moderation.forms import AppealDecisionForm, DecisionForm
from moderation.models import Appeal, Case, Decision, Report
from moderation.policy import NEVER
from moderation.services.deciding import Wish

PER_PAGE = 20


def _desk(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the desk: with the counts of its tabs, and whether this person may act."""
    shared = {"counts": selectors.counts(person(request)), "may_change": person(request).has_perm(CHANGE)}
    return render(request, template, {**shared, **context}, status=status)


@moderators_only
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Context: page_obj (Page of Case), state, reason, mine, reasons."""
    state, reason = request.GET.get("state", ""), request.GET.get("reason", "")
    mine = request.GET.get("mine") == "1"
    cases = selectors.queue(state=state, reason=reason, mine=person(request) if mine else None)
    context = {
        "page_obj": Paginator(cases, PER_PAGE).get_page(request.GET.get("page")),
        "state": state if state in Case.State.values else "",
        "reason": reason if reason in Report.Reason.values else "",
        "mine": mine,
        "reasons": Report.Reason.choices,
    }
    return _desk(request, "moderation/queue.html", context)


@moderators_only
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: shown (selectors.CasePage), form, never, is_open."""
    found = get_object_or_404(Case.objects.select_related("assignee"), public_id=public_id)
    form = DecisionForm(request.POST or None, initial={"turn": found.turn})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                decision = services.decide_case(
                    moderator=person(request),
                    case=found,
                    turn=data["turn"],
                    wish=Wish(data["action"], data["reason"], data["text"], data["disclosure"]),
                )
            except services.AlreadyDecided:
                form.add_error(None, _moved_on(found))
                status = 409
            except ModerationRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                done = {"what": decision.get_action_display(), "title": decision.design.title}
                messages.success(request, _("Decided: %(what)s, “%(title)s”. Both sides are told by e-mail.") % done)
                return redirect("moderation:queue")
        found.refresh_from_db()
    shown = selectors.case_page(found, viewer=person(request))
    context = {
        "shown": shown,
        "form": form,
        "never": NEVER,
        "is_open": found.state != Case.State.CLOSED,
        "chosen": form["action"].value() or "",
    }
    return _desk(request, "moderation/case.html", context, status=status)


def _moved_on(case: Case) -> str:
    """What happened to a case since it was shown, for the one who came second."""
    last = Decision.objects.filter(case=case).select_related("moderator").first()
    case.refresh_from_db()
    if case.state == Case.State.CLOSED and last is not None:
        return _("%(name)s has decided this case meanwhile: %(what)s. Nothing of yours was done.") % {
            "name": last.moderator.display_name,
            "what": last.get_action_display(),
        }
    return _("Something was added to this case meanwhile. Read it below, then decide again: your text is still here.")


@moderators_only
@require_POST
def take(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Case, public_id=public_id)
    try:
        services.assign(moderator=person(request), case=found)
    except ModerationRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect(found)


@moderators_only
@require_POST
def release(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Case, public_id=public_id)
    try:
        services.release(moderator=person(request), case=found)
    except ModerationRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect(found)
    return redirect("moderation:queue")


@moderators_only
@require_POST
def open_case(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    design = get_object_or_404(Design, public_id=public_id, entry_id__isnull=False)
    return redirect(services.open_case(moderator=person(request), design=design))


@moderators_only
@require_POST
def send_again(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    decision = decision_for(person(request), public_id)
    try:
        services.send_again(decision=decision)
    except ModerationRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("It is on its way to the chain again."))
    return redirect(decision)


@moderators_only
@require_safe
def appeals(request: HttpRequest) -> HttpResponse:
    """Context: page_obj (Page of Appeal), state."""
    state = request.GET.get("state", "")
    wanted = state if state in Appeal.State.values else Appeal.State.OPEN
    found = Appeal.objects.filter(state=wanted).select_related("decision__design", "decision__moderator", "author")
    context = {"page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")), "state": wanted}
    return _desk(request, "moderation/appeals.html", context)


@moderators_only
@require_http_methods(["GET", "POST"])
def appeal_case(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: appeal, first (Decision), shown (selectors.CasePage), form, is_own."""
    found = get_object_or_404(
        Appeal.objects.select_related("decision__case", "decision__moderator", "decision__design", "author"),
        public_id=public_id,
    )
    form = AppealDecisionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            uphold = form.cleaned_data["outcome"] == "uphold"
            try:
                services.decide_appeal(
                    moderator=person(request), appeal=found, uphold=uphold, text=form.cleaned_data["text"]
                )
            except services.AlreadyDecided:
                form.add_error(None, _("Somebody else has decided this appeal meanwhile. Nothing of yours was done."))
                status = 409
            except ModerationRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The appeal is decided. Both sides are told by e-mail."))
                return redirect("moderation:appeals")
        found.refresh_from_db()
    context = {
        "appeal": found,
        "first": found.decision,
        "shown": selectors.case_page(found.decision.case, viewer=person(request)),
        "form": form,
        "is_own": found.decision.moderator_id == person(request).pk,
        "is_open": found.state == Appeal.State.OPEN,
        "never": NEVER,
    }
    return _desk(request, "moderation/appeal_case.html", context, status=status)


@moderators_only
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Context: page_obj (Page of Decision), rows (LoggedDecision), action, actions."""
    action = request.GET.get("action", "")
    page = Paginator(selectors.log(action=action), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": selectors.with_dispatch(list(page.object_list)),
        "action": action if action in Decision.Action.values else "",
        "actions": Decision.Action.choices,
    }
    return _desk(request, "moderation/log.html", context)
