"""Earnings: what one's shares brought, line by line, and what was paid."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.selectors import addresses_of
from common.money import TUSD, Currency
from contracts.chains import chain
from contracts.currencies import currency_at
from designs.models import Design, Resource
from designs.resources import works_by_entry
from royalties import selectors
from royalties.ledger import SUPPLY
from royalties.models import Source
from royalties.owed import on_their_way
from royalties.spreadsheet import write_statement

PAGE = 50
_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})\.(0x[0-9a-fA-F]{40})")


@dataclass(frozen=True)
class EarningRow:
    """One entry's totals in one currency, with the design we know for it and the units held now.

    `coming` is this holder's part of what derived works owe the entry, as long as nobody's units move.
    """

    design: Design | Resource | None
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
    """Context: rows, lines and payouts (each with its Design and Currency), figures (Figures), sources, any_coming,
    following, lost (a place that is none of a statement was asked for), addresses."""
    here = chain()
    holders = addresses_of(request.user)  # type: ignore[arg-type]
    asked = request.GET.get("before", "")
    before = _place(asked)
    totals = selectors.earning_totals(chain_id=here.chain_id, holder=holders)
    units = selectors.units_of(chain_id=here.chain_id, holder=holders)
    owed = on_their_way(chain_id=here.chain_id, ancestors=list(units))
    lines = selectors.statement(chain_id=here.chain_id, holder=holders, before=before, limit=PAGE + 1)
    payouts = selectors.payouts_to(chain_id=here.chain_id, holder=holders)
    days = selectors.earnings_by_day(chain_id=here.chain_id, holder=holders)
    used = {one.currency for found in (totals, lines, payouts, days) for one in found}
    currencies = {address: currency_at(address, here) for address in used | {currency for _entry, currency in owed}}
    entries = {*units, *(total.entry_id for total in totals)}
    designs = works_by_entry(chain_id=here.chain_id, entry_ids=entries)
    rows = _rows(totals, units, owed, currencies, designs)
    return render(
        request,
        "royalties/earnings.html",
        {
            "addresses": holders,
            "rows": rows,
            "any_coming": any(row.coming for row in rows),
            "lines": [(line, designs.get(line.entry_id), currencies[line.currency]) for line in lines[:PAGE]],
            "following": lines[PAGE - 1].place if len(lines) > PAGE else None,
            "lost": bool(asked) and before is None,
            "payouts": [(payout, designs.get(payout.entry_id), currencies[payout.currency]) for payout in payouts],
            "figures": _figures(rows),
            "sources": _sources(days, currencies),
            "charted": any(currencies[one.currency] == TUSD for one in days),
        },
    )


def _place(text: str) -> tuple[int, int, str] | None:
    found = _PLACE.fullmatch(text)
    return (int(found[1]), int(found[2]), found[3]) if found else None


def _sources(
    days: Sequence[selectors.DayTotal], currencies: dict[str, Currency]
) -> list[tuple[str, int, int, Currency]]:
    """What each source brought in each currency: its name, how many credits, how much; most first."""
    found: dict[tuple[Source, str], tuple[int, int]] = {}
    for one in days:
        lines, amount = found.get((one.source, one.currency), (0, 0))
        found[one.source, one.currency] = lines + one.lines, amount + one.amount
    ordered = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    return [(str(source.label), lines, amount, currencies[currency]) for (source, currency), (lines, amount) in ordered]


@login_required
@require_safe
def series(request: HttpRequest) -> JsonResponse:
    """What the chart draws: days (UTC, in seconds) and what was credited by their ends, in our currency."""
    here = chain()
    found = selectors.earnings_by_day(chain_id=here.chain_id, holder=addresses_of(request.user))  # type: ignore[arg-type]
    by_day: dict[date, int] = {}
    for one in found:
        if currency_at(one.currency, here) == TUSD:
            by_day[one.day] = by_day.get(one.day, 0) + one.amount
    days = sorted(by_day)
    seconds = [int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) for day in days]
    total = list(accumulate(by_day[day] for day in days))
    response = JsonResponse({"days": seconds, "credited": [amount / TUSD.base for amount in total]})
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def statement_csv(request: HttpRequest) -> HttpResponse:
    """Every line of the statement with exact amounts, as a file for a spreadsheet."""
    here = chain()
    lines = selectors.statement(
        chain_id=here.chain_id,
        holder=addresses_of(request.user),  # type: ignore[arg-type]
        limit=None,
    )
    works = works_by_entry(chain_id=here.chain_id, entry_ids={line.entry_id for line in lines})
    titles: dict[str | None, str] = {entry_id: work.title for entry_id, work in works.items()}
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="loomprint-statement.csv"'
    response["Cache-Control"] = "private, no-store"
    write_statement(response, lines, titles=titles, chain=here)
    return response


def _rows(
    totals: Sequence[selectors.EarningTotal],
    units: dict[str, int],
    owed: dict[tuple[str, str], int],
    currencies: dict[str, Currency],
    designs: dict[str, Design | Resource],
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
