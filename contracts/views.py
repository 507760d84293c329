"""Pages of the operator about chains, and figures for a program that scrapes them. No chain is asked in a request."""

import hmac
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from contracts.chains import Chain, chains
from contracts.models import Alarm, AuditRun, ChainCursor, ReadingError
from contracts.operations.auditing import totals_in_words
from contracts.operations.facts import read_facts
from contracts.operations.gauges import gauges
from contracts.operations.metrics import CONTENT_TYPE, metrics_text

ERRORS_SHOWN = 5
LINES_SHOWN = 50
REFRESH_SECONDS = 10


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """How every chain does, and what to do. `?still` looks once and stays."""
    if not request.user.has_perm("contracts.view_chaincursor"):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("Operations"),
        "chains": [_standing(here) for here in chains()],
        "now_shown": f"{timezone.now():%H:%M:%S}",
        "refresh": None if "still" in request.GET else REFRESH_SECONDS,
    }
    return render(request, "admin/contracts/operations.html", context)


def _standing(here: Chain) -> dict[str, Any]:
    since = dict(Alarm.objects.filter(chain_id=here.chain_id).values_list("name", "since"))
    run = AuditRun.objects.filter(chain_id=here.chain_id).first()
    facts = read_facts(here)
    return {
        "chain": here,
        "gauges": [(gauge, since.get(gauge.name)) for gauge in gauges(facts)],
        "errors": ReadingError.objects.filter(chain_id=here.chain_id).order_by("-at")[:ERRORS_SHOWN],
        "endpoints": next(iter(ChainCursor.objects.filter(pk=here.chain_id).values_list("endpoints", flat=True)), []),
        "run": run,
        "lines": run.lines[:LINES_SHOWN] if run else [],
        "audited": facts.audit,
        "totals": totals_in_words(here, facts.audit),
    }


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The same for Prometheus, to whoever knows the token; without one in the settings it is not there."""
    if not settings.METRICS_TOKEN:
        raise Http404
    said = request.headers.get("Authorization", "").encode(errors="replace")
    if not hmac.compare_digest(said, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE)
