"""Settling: the worker credits ancestors with their part of what derived works earned, so that it can be paid out.

The chain itself settles each base unit once, whoever asks how often: the worst that can happen is gas for nothing. So
the planned transaction is all that is kept, and what is due is read from the projections each time anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from common.identifiers import ZERO_ADDRESS, new_ref
from common.locks import Lock, try_hold
from contracts.chains import Chain, chain
from contracts.client import client
from contracts.errors import ChainError
from contracts.outbox import enqueue
from royalties.owed import OWED

logger = structlog.get_logger(__name__)

SETTLE = "settle"
RETRY_AFTER = timedelta(minutes=10)

# One whose block is not read yet, or vanished, is on its way (again); one that failed rests.
_UNDER_WAY = """
SELECT subject FROM contracts_chaintransaction t
WHERE chain_id = %(chain)s AND kind = %(kind)s
  AND (state IN ('planned', 'signed', 'broadcast', 'replaced')
       OR (state = 'mined' AND NOT (succeeded AND EXISTS (
           SELECT FROM contracts_chainblock b WHERE b.chain_id = t.chain_id AND b.hash = t.block_hash)))
       OR (state IN ('failed', 'canceled') AND state_at > %(rested)s))
"""

_DUE = (
    OWED
    + """
SELECT ancestor_id, currency, (array_agg(descendant_id ORDER BY waiting DESC, descendant_id))[1:%(batch)s]
FROM owed
WHERE waiting >= CASE WHEN currency = %(native)s THEN %(native_threshold)s ELSE %(threshold)s END AND waiting > 0
  AND 'royalties.settlement:' || ancestor_id || ':' || currency NOT IN ("""
    + _UNDER_WAY
    + """)
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
        **_under_way(here),
        "ancestors": None,
        "native": ZERO_ADDRESS,
        "native_threshold": settings.SETTLEMENT_THRESHOLD_NATIVE,
        "threshold": settings.SETTLEMENT_THRESHOLD,
        "batch": settings.SETTLEMENT_BATCH,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        return [Due(*row) for row in cursor.fetchall()]


def _under_way(here: Chain) -> dict[str, Any]:
    return {"chain": here.chain_id, "kind": SETTLE, "rested": timezone.now() - RETRY_AFTER}


def _start(here: Chain, due: Due) -> int:
    descendants = _still_owing(here, due)
    if not descendants:
        return 0
    with transaction.atomic():
        if not try_hold(Lock.SETTLEMENT, due.subject) or _is_under_way(here, due):
            return 0  # another worker planned it first
        enqueue(
            kind=SETTLE,
            subject=due.subject,
            ref=bytes.fromhex(new_ref()[2:]),
            contract="DesignShares",
            function="settle",
            args=[int(due.ancestor_id, 16), due.currency, [int(descendant, 16) for descendant in descendants]],
        )
    logger.info("settlement_planned", ancestor=due.ancestor_id, descendants=len(descendants))
    return 1


def _still_owing(here: Chain, due: Due) -> list[str]:
    """Those that owe something by the chain's newest word: others may have settled them, and we not have read it."""
    ancestor = int(due.ancestor_id, 16)
    questions = [(int(descendant, 16), ancestor, due.currency) for descendant in due.descendants]
    answers = client(here).calls("DesignShares", "ancestorAccount", questions)
    return [
        descendant for descendant, (earned, settled) in zip(due.descendants, answers, strict=True) if earned > settled
    ]


def _is_under_way(here: Chain, due: Due) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS ({_UNDER_WAY} AND subject = %(subject)s)",
            {**_under_way(here), "subject": due.subject},
        )
        (found,) = cursor.fetchone()
    return bool(found)
