"""Earnings: what one's shares brought, line by line, and what was paid."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from contracts.chains import chain
from designs.models import Design
from royalties import selectors

PAGE = 50


@dataclass(frozen=True)
class EarningRow:
    """One entry's totals with the design we know for it and the units held now."""

    design: Design | None
    total: selectors.EarningTotal | None
    units: int


@login_required
@require_GET
def earnings(request: HttpRequest) -> HttpResponse:
    """Context: rows, lines (StatementLine, Design), payouts, credited, paid, claimable, address."""
    here = chain()
    holder = request.user.custody_key.address  # type: ignore[union-attr]
    before = request.GET.get("before", "")
    totals = {t.entry_id: t for t in selectors.earning_totals(chain_id=here.chain_id, holder=holder)}
    units = selectors.units_of(chain_id=here.chain_id, holder=holder)
    lines = selectors.statement(
        chain_id=here.chain_id,
        holder=holder,
        before_block=int(before) if before.isdigit() else None,
        limit=PAGE + 1,
    )
    designs = {
        design.entry_id: design
        for design in Design.objects.filter(chain_id=here.chain_id, entry_id__in=[*totals, *units])
    }
    return render(
        request,
        "royalties/earnings.html",
        {
            "address": holder,
            "rows": [
                EarningRow(designs.get(entry), totals.get(entry), units.get(entry, 0))
                for entry in sorted(
                    {*totals, *units}, key=lambda entry: -(totals[entry].credited if entry in totals else 0)
                )
            ],
            "lines": [(line, designs.get(line.entry_id)) for line in lines[:PAGE]],
            "following": lines[PAGE - 1].block_number if len(lines) > PAGE else None,
            "payouts": [
                (payout, designs.get(payout.entry_id))
                for payout in selectors.payouts_to(chain_id=here.chain_id, holder=holder)
            ],
            "credited": sum(total.credited for total in totals.values()),
            "paid": sum(total.paid for total in totals.values()),
            "claimable": sum(total.claimable for total in totals.values()),
        },
    )
