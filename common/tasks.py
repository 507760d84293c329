"""Nudging a worker: after commit, and never at the cost of the request when Redis is away (law 5)."""

from functools import partial
from typing import Any

import structlog
from django.db import transaction

logger = structlog.get_logger(__name__)


def nudge(task: Any, *args: Any) -> None:
    """Send a Celery message once the transaction is in. A lost nudge is found by the task's sweeper."""
    transaction.on_commit(partial(_send, task, args), robust=True)


def nudge_now(task: Any, *args: Any) -> None:
    """Send a Celery message at once, also when the transaction that one is in is rolled back later."""
    _send(task, args)


def _send(task: Any, args: tuple[Any, ...]) -> None:
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    try:
        task.apply_async(args=args)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("nudge_lost", task=task.name, error=str(error))
