"""Actions that anyone could do and that we do for everyone: doing one twice costs gas and changes nothing.

So the planned transaction is all that is kept, and what is due is read from the chain's state each time anew.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from common.identifiers import new_ref
from common.locks import Lock, try_hold
from contracts.chains import Chain
from contracts.outbox import enqueue
from contracts.selectors import subjects_under_way
from contracts.signers import payout_signer

RETRY_AFTER = timedelta(minutes=10)


def under_way(kind: str, here: Chain) -> set[str]:
    """Subjects that are left alone for now."""
    return subjects_under_way(kind, chain_id=here.chain_id, rest=RETRY_AFTER)


def plan_once(
    here: Chain, *, kind: str, subject: str, contract: str, function: str, args: Sequence[Any], target: str = ""
) -> bool:
    """Plan the action, unless one of the same subject is under way. Whether it was planned."""
    with transaction.atomic():
        # Of two workers in the same moment the second one finds what the first one planned.
        if not try_hold(Lock.UPKEEP, f"{kind} {subject}") or subject in under_way(kind, here):
            return False
        enqueue(
            kind=kind,
            subject=subject,
            ref=bytes.fromhex(new_ref()[2:]),
            contract=contract,
            function=function,
            args=args,
            target=target,
            by=payout_signer,
        )
    return True
