"""Reads for pages and services: the database alone, so that pages read while the chain is away."""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.chains import Chain, chain
from contracts.models import ChainBlock, ChainCursor, ChainTransaction

State = ChainTransaction.State

# A page asks for the position once per card, always with the same Chain; it may be this old.
_MEMO_SECONDS = 0.1
_SILENCE = timedelta(seconds=15)


@dataclass(frozen=True)
class ActionStatus:
    """Where an action stands, in a person's words. `code` is none, queued, sent, mined, final or failed."""

    code: str
    label: str
    confirmations: int = 0
    needed: int = 0
    reason: str = ""

    @classmethod
    def none(cls) -> "ActionStatus":
        """Nothing has been asked of the chain."""
        return cls(code="none", label="")

    @property
    def pending(self) -> bool:
        """Whether the page should look again by itself."""
        return self.code in {"queued", "sent", "mined"}


@dataclass(frozen=True)
class SyncStatus:
    """How far a chain has been read. Heights are block numbers; 0 where nothing was read yet."""

    head: int
    indexed: int
    finalized: int
    reachable: bool
    sending_stopped: str
    last_error: str

    @property
    def lag(self) -> int:
        """Blocks that the chain has and we have not read."""
        return max(0, self.head - self.indexed)


def sync_status(chain: Chain) -> SyncStatus:
    """How far the chain has been read, and whether its node answered lately."""
    memo: tuple[float, SyncStatus] | None = chain.__dict__.get("_sync_status")
    now = time.monotonic()
    if memo is not None and now - memo[0] < _MEMO_SECONDS:
        return memo[1]
    found = _read_status(chain)
    chain.__dict__["_sync_status"] = (now, found)
    return found


def _read_status(chain: Chain) -> SyncStatus:
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    if cursor is None:
        return SyncStatus(0, 0, 0, reachable=False, sending_stopped="", last_error="")
    return SyncStatus(
        head=cursor.head_number,
        indexed=cursor.number,
        finalized=cursor.finalized_number,
        reachable=cursor.reached_at is not None and timezone.now() - cursor.reached_at < _SILENCE,
        sending_stopped=cursor.sending_stopped,
        last_error=cursor.last_error,
    )


def confirmations_of(block_number: int, chain: Chain) -> int:
    """How many blocks, its own included, stand on a block that we have read."""
    return max(0, sync_status(chain).indexed - block_number + 1)


def is_confirmed(block_number: int, chain: Chain) -> bool:
    """Whether the block is as deep as the chain's setting demands."""
    return confirmations_of(block_number, chain) >= chain.confirmations


def is_final(block_number: int, chain: Chain) -> bool:
    """Whether no reorganization reaches the block any more."""
    return block_number <= sync_status(chain).finalized


def confirmation_status(block_number: int | None, chain: Chain) -> ActionStatus:
    """The status of a fact by the block that it stands in; None when it is in no block."""
    if block_number is None:
        return ActionStatus.none()
    seen = confirmations_of(block_number, chain)
    needed = chain.confirmations
    if seen >= needed and is_final(block_number, chain):
        return ActionStatus("final", _("final"), seen, needed)
    label = _("in a block (%(seen)d of %(needed)d)") % {"seen": min(seen, needed), "needed": needed}
    return ActionStatus("mined", label, seen, needed)


def for_ref(kind: str, ref: bytes | str, *, chain_id: int | None = None) -> ChainTransaction | None:
    """The transaction of a business action on a chain (the public one by default), or None when none was planned."""
    text = ref if isinstance(ref, str) else "0x" + ref.hex()
    on = chain().chain_id if chain_id is None else chain_id
    return ChainTransaction.objects.filter(chain_id=on, kind=kind, ref=text).first()


def status_of_action(*, kind: str, ref: bytes | str, chain: Chain) -> ActionStatus:
    """Where a business action stands."""
    tx = for_ref(kind, ref, chain_id=chain.chain_id)
    return ActionStatus.none() if tx is None else transaction_status(tx, chain)


def transaction_status(tx: ChainTransaction, chain: Chain) -> ActionStatus:
    """Where a transaction stands. A mined one whose receipt says failure is on its way to *failed*."""
    status = partial(ActionStatus, needed=chain.confirmations, reason=tx.error)
    match tx.state:
        case State.PLANNED | State.SIGNED:
            return status("queued", _("queued"))
        case State.BROADCAST | State.REPLACED:
            return status("sent", _("sent"))
        case State.MINED | State.FINAL:
            return confirmation_status(tx.block_number, chain)
        case _:
            return status("failed", _("failed"))


def subjects_under_way(kind: str, *, chain_id: int, rest: timedelta) -> set[str]:
    """Subjects of such actions of which is not known yet what they brought, or that failed less than `rest` ago.

    One whose block is not read yet, or vanished, is on its way (again).
    """
    read = ChainBlock.objects.filter(chain_id=OuterRef("chain_id"), hash=OuterRef("block_hash"))
    rows = ChainTransaction.objects.filter(chain_id=chain_id, kind=kind).filter(
        Q(state__in=[State.PLANNED, *ChainTransaction.IN_FLIGHT])
        | Q(state=State.MINED) & (~Q(succeeded=True) | ~Exists(read))
        | Q(state__in=ChainTransaction.GIVEN_UP, state_at__gt=timezone.now() - rest)
    )
    return set(rows.values_list("subject", flat=True))
