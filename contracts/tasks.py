"""Celery doors: a message is a nudge, the rows are the queue (law 5)."""

from celery import shared_task
from django.conf import settings


@shared_task(name="contracts.tasks.send_planned")
def send_planned(chain_role: str, sender: str) -> int:
    """Send what is planned for one key."""
    from contracts.outbox.sweeping import send_now

    return send_now(chain_role=chain_role, sender=sender)


@shared_task(name="contracts.tasks.carry_out_orders")
def carry_out_orders(chain_role: str) -> None:
    """Do what an operator asked to be done with transactions."""
    from contracts.outbox.sweeping import carry_out_now

    carry_out_now(chain_role=chain_role)


@shared_task(name="contracts.tasks.sweep")
def sweep() -> None:
    """Find what a lost message or a dead process left behind, on every chain."""
    from contracts.outbox.sweeping import sweep_all

    sweep_all()


@shared_task(name="contracts.tasks.watch")
def watch() -> None:
    """Read balances, move alarms, tell operators."""
    from contracts.operations.watching import watch_all

    watch_all()


# Handed over once: it takes longer than messages wait for their answer, and the next night has another.
@shared_task(
    name="contracts.tasks.audit_nightly",
    acks_late=False,
    soft_time_limit=settings.AUDIT_SECONDS,
    time_limit=settings.AUDIT_SECONDS + 60,
)
def audit_nightly() -> None:
    """Compare every chain with the database."""
    from contracts.operations.auditing import audit_all

    audit_all()
