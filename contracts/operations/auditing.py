"""Audits that leave a row: those of the command, and the one that is made every night."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from contracts.audit import AuditUnderWay, audit
from contracts.chains import Chain, chains
from contracts.errors import ChainError
from contracts.models import AuditRun, ChainCursor

logger = structlog.get_logger(__name__)

RUNS_KEPT = timedelta(days=90)
LINES_KEPT = 200
LONGEST_LINE = 500


def record_audit(*, chain: Chain, say: Callable[[str, list[str]], None]) -> AuditRun:
    """Make an audit and keep what came of it; `say` hears each auditor's name and differences as they come.

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


def _compare(chain: Chain, run: AuditRun, say: Callable[[str, list[str]], None]) -> None:
    """Nothing is written before the audit is closed: its transaction only reads."""
    block_number, count = None, 0
    lines: list[str] = []
    with closing(audit(chain)) as parts:
        for name, differences in parts:
            if block_number is None:
                block_number = ChainCursor.objects.get(chain_id=chain.chain_id).number  # of the audit's snapshot
            say(name, differences)
            count += len(differences)
            lines += [_storable(f"{name}: {line}") for line in differences[: LINES_KEPT - len(lines)]]
    run.block_number, run.differences, run.lines = block_number, count, lines
    _end(run)


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_LINE]


def audit_all() -> None:
    """The nightly audit of every chain, which forgets old ones; one that is away keeps no other from being audited."""
    AuditRun.objects.filter(began_at__lt=timezone.now() - RUNS_KEPT).delete()
    for here in chains():
        try:
            run = record_audit(chain=here, say=lambda _name, _differences: None)
        except ChainError as error:
            logger.warning("audit_not_made", chain=here.role, error=str(error))
            continue
        log = logger.error if run.differences else logger.info
        log("audited", chain=here.role, block=run.block_number, differences=run.differences, first=run.lines[:5])
