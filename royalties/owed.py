"""What derived works owe the works that they come from: earned by the ledger's rule, less what was settled."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

# Of a lifetime total, as the ledger does it: how it was cut into deposits changes nothing.
OWED = """
WITH earned AS (
    SELECT a.ancestor_id, a.entry_id AS descendant_id, r.currency,
           div(SUM(r.gross - r.fee) * a.ppm, 1000000) AS earned
    FROM designs_entryancestor a
    JOIN royalties_revenueevent r ON r.chain_id = a.chain_id AND r.entry_id = a.entry_id
    WHERE a.chain_id = %(chain)s AND (%(ancestors)s::text[] IS NULL OR a.ancestor_id = ANY(%(ancestors)s::text[]))
    GROUP BY a.ancestor_id, a.entry_id, a.ppm, r.currency
), settled AS (
    SELECT entry_id, descendant_id, currency, SUM(amount) AS settled
    FROM royalties_ancestorsettlement
    WHERE chain_id = %(chain)s AND (%(ancestors)s::text[] IS NULL OR entry_id = ANY(%(ancestors)s::text[]))
    GROUP BY entry_id, descendant_id, currency
), owed AS (
    SELECT e.ancestor_id, e.descendant_id, e.currency, e.earned, COALESCE(s.settled, 0) AS settled,
           e.earned - COALESCE(s.settled, 0) AS waiting
    FROM earned e LEFT JOIN settled s
      ON s.entry_id = e.ancestor_id AND s.descendant_id = e.descendant_id AND s.currency = e.currency
)
"""

_LINES = (
    OWED  # noqa: S608
    + "SELECT ancestor_id, descendant_id, currency, earned, settled FROM owed ORDER BY 1, 2, 3"
)


@dataclass(frozen=True)
class Owed:
    """An ancestor's part of one derived work's revenue in one currency, in base units: all of it ever, and what of it
    was credited.
    """

    ancestor_id: str
    descendant_id: str
    currency: str
    earned: int
    settled: int

    @property
    def waiting(self) -> int:
        return self.earned - self.settled


def lines_owed(*, chain_id: int, ancestors: Sequence[str] | None = None) -> list[Owed]:
    """What derived works that earned anything owe these ancestors, or all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"chain": chain_id, "ancestors": None if ancestors is None else list(ancestors)})
        rows = cursor.fetchall()
    return [Owed(row[0], row[1], row[2], earned=int(row[3]), settled=int(row[4])) for row in rows]


def on_their_way(*, chain_id: int, ancestors: Sequence[str]) -> dict[tuple[str, str], int]:
    """What derived works owe each of these entries and is not settled yet, by entry and currency."""
    found: dict[tuple[str, str], int] = {}
    for line in lines_owed(chain_id=chain_id, ancestors=ancestors):
        if line.waiting:
            key = (line.ancestor_id, line.currency)
            found[key] = found.get(key, 0) + line.waiting
    return found
