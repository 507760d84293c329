"""Earnings: what one's shares brought, line by line, and what was paid."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.money import TUSD, Currency
from contracts.chains import chain
from contracts.currencies import currency_at
from designs.models import Design
from royalties import selectors
from royalties.ledger import SUPPLY
from royalties.owed import on_their_way

PAGE = 50


@dataclass(frozen=True)
class EarningRow:
    """One entry's totals in one currency, with the design we know for it and the units held now.

    `coming` is this holder's part of what derived works owe the entry, as long as nobody's units move.
    """

    design: Design | None
    total: selectors.EarningTotal | None
    currency: Currency
    units: int
    coming: int


@dataclass(frozen=True)
class Figures:
    """Everything of one currency, in its base units."""

    currency: Currency
    credited: int
    paid: int
    coming: int

    @property
    def claimable(self) -> int:
        return self.credited - self.paid


@login_required
@require_safe
def earnings(request: HttpRequest) -> HttpResponse:
    """Context: rows, lines and payouts (each with its Design and Currency), figures (Figures), any_coming, following,
    address."""
    here = chain()
    holder = request.user.custody_key.address  # type: ignore[union-attr]
    before = request.GET.get("before", "")
    totals = selectors.earning_totals(chain_id=here.chain_id, holder=holder)
    units = selectors.units_of(chain_id=here.chain_id, holder=holder)
    owed = on_their_way(chain_id=here.chain_id, ancestors=list(units))
    lines = selectors.statement(
        chain_id=here.chain_id,
        holder=holder,
        before_block=int(before) if before.isdigit() else None,
        limit=PAGE + 1,
    )
    payouts = selectors.payouts_to(chain_id=here.chain_id, holder=holder)
    used = {one.currency for found in (totals, lines, payouts) for one in found}
    currencies = {address: currency_at(address, here) for address in used | {currency for _entry, currency in owed}}
    entries = {*units, *(total.entry_id for total in totals)}
    designs = {d.entry_id: d for d in Design.objects.filter(chain_id=here.chain_id, entry_id__in=entries)}
    rows = _rows(totals, units, owed, currencies, designs)
    return render(
        request,
        "royalties/earnings.html",
        {
            "address": holder,
            "rows": rows,
            "any_coming": any(row.coming for row in rows),
            "lines": [(line, designs.get(line.entry_id), currencies[line.currency]) for line in lines[:PAGE]],
            "following": lines[PAGE - 1].block_number if len(lines) > PAGE else None,
            "payouts": [(payout, designs.get(payout.entry_id), currencies[payout.currency]) for payout in payouts],
            "figures": _figures(rows),
        },
    )


def _rows(
    totals: Sequence[selectors.EarningTotal],
    units: dict[str, int],
    owed: dict[tuple[str, str], int],
    currencies: dict[str, Currency],
    designs: dict[str | None, Design],
) -> list[EarningRow]:
    """What brought most first, then what is still to bring something."""
    by_key = {(total.entry_id, total.currency): total for total in totals}
    keys = sorted({*by_key, *owed}, key=lambda key: (-by_key[key].credited if key in by_key else 0, key))
    rows = [
        EarningRow(
            designs.get(entry),
            by_key.get((entry, currency)),
            currencies[currency],
            units.get(entry, 0),
            coming=owed.get((entry, currency), 0) * units.get(entry, 0) // SUPPLY,
        )
        for entry, currency in keys
    ]
    unearned = sorted(units.keys() - {entry for entry, _currency in keys})
    return [*rows, *(EarningRow(designs.get(entry), None, TUSD, units[entry], coming=0) for entry in unearned)]


def _figures(rows: Sequence[EarningRow]) -> list[Figures]:
    """A line of figures for each currency, ours first and also when it has brought nothing."""
    found = {
        currency: Figures(
            currency,
            credited=sum(row.total.credited for row in rows if row.total and row.currency == currency),
            paid=sum(row.total.paid for row in rows if row.total and row.currency == currency),
            coming=sum(row.coming for row in rows if row.currency == currency),
        )
        for currency in {TUSD, *(row.currency for row in rows)}
    }
    return [found.pop(TUSD), *sorted(found.values(), key=lambda one: one.currency.code)]
