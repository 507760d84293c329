"""A statement as CSV: exact decimals, and text that no spreadsheet takes for a formula."""

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from common.money import Currency
from contracts.chains import Chain
from contracts.currencies import currency_at
from royalties.selectors import StatementLine

COLUMNS = (
    "received_at_utc",
    "design",
    "entry_id",
    "source",
    "currency",
    "price",
    "platform_fee",
    "for_holders",
    "share_units_of_1000000",
    "amount",
    "holder",
    "block",
    "transaction",
)


def write_statement(
    file: Any, lines: Sequence[StatementLine], *, titles: Mapping[str | None, str], chain: Chain
) -> None:
    """Write a head and a row for each line, in their order."""
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for line in lines:
        currency = currency_at(line.currency, chain)
        rows.writerow(
            [
                line.at.strftime("%Y-%m-%d %H:%M:%S"),
                _as_text(titles.get(line.entry_id, "")),
                line.entry_id,
                str(line.source.label),
                currency.code,
                _exact(line.gross, currency),
                _exact(line.fee, currency),
                _exact(line.own, currency),
                line.units,
                _exact(line.amount, currency),
                line.holder,
                line.block_number,
                line.transaction_hash,
            ]
        )


def _exact(units: int, currency: Currency) -> str:
    """All digits, without a symbol or groups: 18000000 of six decimals gives "18.000000"."""
    if not currency.decimals:
        return str(units)
    whole, rest = divmod(units, currency.base)
    return f"{whole}.{rest:0{currency.decimals}d}"


def _as_text(title: str) -> str:
    """Titles are people's own: one that begins like a formula is kept from running (OWASP, CSV injection)."""
    return f"'{title}" if title[:1] in ("=", "+", "-", "@", "\t", "\r") else title
