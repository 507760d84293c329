"""Settling: the worker credits ancestors with their part of what derived works earned, so that it can be paid out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import connection

from common.identifiers import ZERO_ADDRESS
from contracts.chains import Chain, chain
from contracts.client import client
from contracts.errors import ChainError
from royalties.owed import OWED
from royalties.services.upkeep import plan_once, under_way

logger = structlog.get_logger(__name__)

SETTLE = "settle"

_DUE = (
    OWED
    + """
SELECT ancestor_id, currency, (array_agg(descendant_id ORDER BY waiting DESC, descendant_id))[1:%(batch)s]
FROM owed
WHERE waiting >= CASE WHEN currency = %(native)s THEN %(native_threshold)s ELSE %(threshold)s END AND waiting > 0
  AND 'royalties.settlement:' || ancestor_id || ':' || currency <> ALL(%(under_way)s::text[])
GROUP BY ancestor_id, currency
ORDER BY SUM(waiting) DESC, ancestor_id, currency
LIMIT %(limit)s
"""
)


@dataclass(frozen=True)
class Due:
    """Derived works that owe one ancestor enough in one currency, as many as one transaction takes."""

    ancestor_id: str
    currency: str
    descendants: Sequence[str]

    @property
    def subject(self) -> str:
        return f"royalties.settlement:{self.ancestor_id}:{self.currency}"


def settle_due(*, limit: int = 20) -> int:
    """Plan a settlement for each ancestor that is owed enough. Returns how many were planned."""
    here = chain()
    try:
        return sum(_start(here, due) for due in _due(here, limit=limit))
    except ChainError as error:
        logger.warning("settlements_wait", chain=here.role, error=str(error))
        return 0


def _due(here: Chain, *, limit: int) -> list[Due]:
    values: dict[str, Any] = {
        "chain": here.chain_id,
        "ancestors": None,
        "native": ZERO_ADDRESS,
        "native_threshold": settings.SETTLEMENT_THRESHOLD_NATIVE,
        "threshold": settings.SETTLEMENT_THRESHOLD,
        "batch": settings.SETTLEMENT_BATCH,
        "under_way": sorted(under_way(SETTLE, here)),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        return [Due(*row) for row in cursor.fetchall()]


def _start(here: Chain, due: Due) -> bool:
    descendants = _still_owing(here, due)
    return bool(descendants) and plan_once(
        here,
        kind=SETTLE,
        subject=due.subject,
        contract="DesignShares",
        function="settle",
        args=[int(due.ancestor_id, 16), due.currency, [int(descendant, 16) for descendant in descendants]],
    )


def _still_owing(here: Chain, due: Due) -> list[str]:
    """Those that owe something by the chain's newest word: others may have settled them, and we not have read it."""
    ancestor = int(due.ancestor_id, 16)
    questions = [(int(descendant, 16), ancestor, due.currency) for descendant in due.descendants]
    answers = client(here).calls("DesignShares", "ancestorAccount", questions)
    return [
        descendant for descendant, (earned, settled) in zip(due.descendants, answers, strict=True) if earned > settled
    ]
