"""Moderation as everybody meets it: reporting, following a report, answering, reading a decision, appealing."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from designs.models import Design
from designs.selectors import access_design, cover_previews
from moderation import services
from moderation.access import VIEW, decision_for, own_case, own_report, person
from moderation.errors import ModerationRefused
from moderation.forms import ReportForm, StatementForm
from moderation.models import Case, Decision, Report
from moderation.policy import APPEAL_PERIOD
from moderation.selectors import dispatches_of, may_appeal

PER_PAGE = 20


@login_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: design, form, open_report (one's own, when there is one)."""
    design = _published(request, public_id)
    reporter = person(request)
    already = Report.objects.filter(design=design, reporter=reporter, is_open=True).first()
    form = ReportForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            filed = services.report(reporter=reporter, design=design, **form.cleaned_data)
        except ModerationRefused as refusal:
            form.add_error(None, str(refusal))
            status = 429 if refusal.code == "too_many" else 422
        else:
            messages.success(request, _("Your report is in. We have sent you a receipt by e-mail."))
            return redirect(filed)
    elif request.method == "POST":
        status = 422
    context = {"design": design, "form": form, "open_report": already, "is_own": design.owner_id == reporter.pk}
    return render(request, "moderation/report.html", context, status=status)


def _published(request: HttpRequest, public_id: uuid.UUID) -> Design:
    try:
        design = access_design(viewer=request.user, public_id=public_id)
    except Design.DoesNotExist as error:
        raise Http404 from error
    if design.entry_block is None:  # type: ignore[attr-defined]
        raise Http404
    return design


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Context: page_obj (Page of Report)."""
    mine = Report.objects.filter(reporter=person(request)).select_related("design", "case")
    return render(
        request, "moderation/reports.html", {"page_obj": Paginator(mine, PER_PAGE).get_page(request.GET.get("page"))}
    )


@login_required
@require_safe
def report_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: report, decisions (about its case, oldest first)."""
    found = own_report(person(request), public_id)
    told = Decision.objects.filter(case=found.case, created_at__gte=found.created_at)
    decisions = told.exclude(action=Decision.Action.ASK).order_by("id")
    return render(request, "moderation/report_status.html", {"report": found, "decisions": decisions})


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: case, question (Decision), form, is_open."""
    case = own_case(person(request), public_id)
    question = case.decisions.filter(action=Decision.Action.ASK).first()
    if question is None:
        raise Http404
    form = StatementForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.answer(author=person(request), case=case, text=form.cleaned_data["statement"])
        except ModerationRefused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, _("Your answer is in. We write to you when a moderator has decided."))
            return redirect("moderation:answer", public_id)
    elif request.method == "POST":
        status = 422
    context = {
        "case": case,
        "question": question,
        "form": form,
        "is_open": case.state == Case.State.ASKED,
        "answers": case.answers.filter(author=person(request)),
    }
    return render(request, "moderation/answer.html", context, status=status)


@login_required
@require_safe
def statement(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: decision, dispatch (ActionStatus or None), may_appeal, appeal, outcome, appeal_until."""
    decision = decision_for(person(request), public_id)
    filed = getattr(decision, "appeal", None)
    is_owner = decision.design.owner_id == person(request).pk
    return render(
        request,
        "moderation/statement.html",
        {
            "decision": decision,
            "design": Design.objects.prefetch_related(cover_previews()).get(pk=decision.design_id),
            "dispatch": dispatches_of([decision]).get(decision.pk),
            "is_owner": is_owner,
            "is_moderator": person(request).has_perm(VIEW),
            "may_appeal": is_owner and may_appeal(decision),
            "appeal": filed,
            "outcome": getattr(filed, "outcome", None) if filed else None,
            "appeal_until": decision.created_at + APPEAL_PERIOD,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: decision, form, may_appeal."""
    decision = decision_for(person(request), public_id)
    if decision.design.owner_id != person(request).pk:
        raise Http404
    form = StatementForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.appeal(author=person(request), decision=decision, statement=form.cleaned_data["statement"])
        except ModerationRefused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, _("Your appeal is in. Another moderator decides, and we write to you."))
            return redirect(decision)
    elif request.method == "POST":
        status = 422
    context = {
        "decision": decision,
        "form": form,
        "may_appeal": may_appeal(decision),
        "appeal_until": decision.created_at + APPEAL_PERIOD,
    }
    return render(request, "moderation/appeal.html", context, status=status)
