"""Audits that leave a row: those of the command, and the one that is made every night."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone
from django.utils.translation import gettext as _

from common.money import format_amount
from contracts.audit import AuditUnderWay, Part, audit
from contracts.chains import Chain, chains
from contracts.currencies import currency_at
from contracts.errors import ChainError
from contracts.hooks import Tally
from contracts.models import AuditRun, ChainCursor

logger = structlog.get_logger(__name__)

RUNS_KEPT = timedelta(days=90)
LINES_KEPT = 200
LONGEST_LINE = 500


def record_audit(*, chain: Chain, say: Callable[[Part], None]) -> AuditRun:
    """Make an audit and keep what came of it; `say` hears what each auditor found as it comes.

    Raises what `audit` raises, which is kept too, except that another one is under way.
    """
    run = AuditRun.objects.create(chain_id=chain.chain_id, began_at=timezone.now())
    try:
        _compare(chain, run, say)
    except AuditUnderWay:
        run.delete()
        raise
    except Exception as error:
        late = isinstance(error, SoftTimeLimitExceeded)
        _end(run, error="It took longer than AUDIT_SECONDS." if late else str(error) or type(error).__name__)
        raise
    return run


def _end(run: AuditRun, *, error: str = "") -> None:
    run.ended_at, run.error = timezone.now(), _storable(error)
    run.save()


def _compare(chain: Chain, run: AuditRun, say: Callable[[Part], None]) -> None:
    """Nothing is written before the audit is closed: its transaction only reads."""
    block_number, count = None, 0
    lines: list[str] = []
    totals: list[dict[str, Any]] = []
    with closing(audit(chain)) as parts:
        for part in parts:
            if block_number is None:
                block_number = ChainCursor.objects.get(chain_id=chain.chain_id).number  # of the audit's snapshot
            say(part)
            count += len(part.differences)
            lines += [_storable(f"{part.name}: {line}") for line in part.differences[: LINES_KEPT - len(lines)]]
            totals += [asdict(tally) for tally in part.tallies]
    run.block_number, run.differences, run.lines, run.totals = block_number, count, lines, totals
    _end(run)


def totals_in_words(chain: Chain, run: AuditRun | None) -> list[str]:
    """A sentence for each currency of this audit, exact to the base unit."""
    return [_in_words(chain, Tally(**total)) for total in run.totals] if run else []


def _in_words(chain: Chain, tally: Tally) -> str:
    currency = currency_at(tally.currency, chain)
    figures = {name: format_amount(value, currency) for name, value in asdict(tally).items() if isinstance(value, int)}
    return _(
        "%(currency)s: %(came)s came in, %(paid)s was paid out, %(taken)s was taken as fees. "
        "The ledger holds %(held)s: %(owed)s is owed to holders, %(reserved)s to ancestors, %(fees)s is fees, "
        "%(fractions)s is fractions that nobody can claim yet, and %(surplus)s belongs to nobody."
    ) % {
        **figures,
        "currency": currency.code,
        "fractions": format_amount(tally.fractions, currency),
        "surplus": format_amount(tally.surplus, currency),
    }


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_LINE]


def audit_all() -> None:
    """The nightly audit of every chain, which forgets old ones; one that is away keeps no other from being audited."""
    AuditRun.objects.filter(began_at__lt=timezone.now() - RUNS_KEPT).delete()
    for here in chains():
        try:
            run = record_audit(chain=here, say=lambda _part: None)
        except ChainError as error:
            logger.warning("audit_not_made", chain=here.role, error=str(error))
            continue
        log = logger.error if run.differences else logger.info
        log("audited", chain=here.role, block=run.block_number, differences=run.differences, first=run.lines[:5])
