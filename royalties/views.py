"""Earnings: what one's shares brought, line by line, and what was paid."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from common.money import TUSD, Currency
from contracts.chains import chain
from contracts.currencies import currency_at
from designs.models import Design
from royalties import selectors

PAGE = 50


@dataclass(frozen=True)
class EarningRow:
    """One entry's totals in one currency, with the design we know for it and the units held now."""

    design: Design | None
    total: selectors.EarningTotal | None
    currency: Currency
    units: int


@dataclass(frozen=True)
class Figures:
    """Everything of one currency, in its base units."""

    currency: Currency
    credited: int
    paid: int

    @property
    def claimable(self) -> int:
        return self.credited - self.paid


@login_required
@require_GET
def earnings(request: HttpRequest) -> HttpResponse:
    """Context: rows, lines and payouts (each with its Design and Currency), figures (Figures), following, address."""
    here = chain()
    holder = request.user.custody_key.address  # type: ignore[union-attr]
    before = request.GET.get("before", "")
    totals = selectors.earning_totals(chain_id=here.chain_id, holder=holder)
    units = selectors.units_of(chain_id=here.chain_id, holder=holder)
    lines = selectors.statement(
        chain_id=here.chain_id,
        holder=holder,
        before_block=int(before) if before.isdigit() else None,
        limit=PAGE + 1,
    )
    payouts = selectors.payouts_to(chain_id=here.chain_id, holder=holder)
    currencies = {
        address: currency_at(address, here)
        for address in {one.currency for found in (totals, lines, payouts) for one in found}
    }
    entries = {*units, *(total.entry_id for total in totals)}
    designs = {d.entry_id: d for d in Design.objects.filter(chain_id=here.chain_id, entry_id__in=entries)}
    earned = [
        EarningRow(designs.get(t.entry_id), t, currencies[t.currency], units.get(t.entry_id, 0))
        for t in sorted(totals, key=lambda total: -total.credited)
    ]
    unearned = sorted(entries - {total.entry_id for total in totals})
    return render(
        request,
        "royalties/earnings.html",
        {
            "address": holder,
            "rows": [*earned, *(EarningRow(designs.get(entry), None, TUSD, units[entry]) for entry in unearned)],
            "lines": [(line, designs.get(line.entry_id), currencies[line.currency]) for line in lines[:PAGE]],
            "following": lines[PAGE - 1].block_number if len(lines) > PAGE else None,
            "payouts": [(payout, designs.get(payout.entry_id), currencies[payout.currency]) for payout in payouts],
            "figures": _figures(totals, currencies),
        },
    )


def _figures(totals: Sequence[selectors.EarningTotal], currencies: dict[str, Currency]) -> list[Figures]:
    """A line of figures for each currency, ours first and also when it has brought nothing."""
    found = [
        Figures(
            currency,
            credited=sum(total.credited for total in totals if total.currency == address),
            paid=sum(total.paid for total in totals if total.currency == address),
        )
        for address, currency in currencies.items()
    ]
    ours = [one for one in found if one.currency == TUSD] or [Figures(TUSD, 0, 0)]
    return [*ours, *sorted((one for one in found if one.currency != TUSD), key=lambda one: one.currency.code)]
