"""Sweeping inboxes: other markets pay an entry's royalties to its inbox, and the worker brings them into the ledger."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings

from common.identifiers import ZERO_ADDRESS
from contracts.chains import Chain, chain
from contracts.client import client
from contracts.errors import ChainError
from contracts.models import ChainEvent
from designs.models import EntryStatus, RegistryEntry
from designs.selectors import with_status
from licensing.selectors import closed_currencies
from royalties.services.upkeep import plan_once, under_way

logger = structlog.get_logger(__name__)

CREATE, SWEEP = "create_inbox", "sweep_inbox"
PAGE_SECONDS = 60


@dataclass(frozen=True)
class Filled:
    """An inbox in which enough waits to be worth its sweep."""

    entry_id: str
    inbox: str
    currency: str


def sweep_due(*, turn: int | None = None, limit: int = 20) -> int:
    """Look into a page of inboxes and plan what those need that are worth it. Returns how many.

    Each minute has its turn, round and round: a turn that was missed comes again. An inbox that nobody created yet is
    created first, and swept when it is looked at again.
    """
    here = chain()
    started = 0
    try:
        for one in _filled(here, _page(here, int(time.time()) // PAGE_SECONDS if turn is None else turn)):
            if started == limit:
                break
            started += _start(here, one)
    except ChainError as error:
        logger.warning("inboxes_wait", chain=here.role, error=str(error))
    return started


def _page(here: Chain, turn: int) -> list[str]:
    """The entries of a turn that take money, in the order of their ids."""
    entries = RegistryEntry.objects.filter(chain_id=here.chain_id)
    pages = -(-entries.count() // settings.INBOX_PAGE) or 1
    start = turn % pages * settings.INBOX_PAGE
    page = with_status(entries).order_by("entry_id")[start : start + settings.INBOX_PAGE]
    suspended = EntryStatus.Status.SUSPENDED
    return [entry.entry_id for entry in page if entry.entry_status != suspended]  # type: ignore[attr-defined]


def _filled(here: Chain, entries: Sequence[str]) -> Iterator[Filled]:
    inboxes = client(here).calls("DesignLicenses", "inboxOf", [(int(entry, 16),) for entry in entries])
    for currency in _open_currencies(here):
        native = currency == ZERO_ADDRESS
        enough = max(1, settings.INBOX_THRESHOLD_NATIVE if native else settings.INBOX_THRESHOLD)
        balances = client(here).balances(currency, inboxes)
        for entry, inbox, balance in zip(entries, inboxes, balances, strict=True):
            if balance >= enough:
                yield Filled(entry, inbox, currency)


def _open_currencies(here: Chain) -> list[str]:
    added = ChainEvent.objects.filter(chain_id=here.chain_id, contract="DesignShares", name="CurrencyAdded")
    known = [event.text("currency") for event in added]
    closed = closed_currencies(chain_id=here.chain_id)
    return [currency for currency in known if currency not in closed]


def _start(here: Chain, one: Filled) -> bool:
    subject = f"royalties.inbox:{one.entry_id}:{one.currency}"
    if subject in under_way(SWEEP, here):
        return False
    # A call to an address without code would succeed and do nothing.
    if client(here).has_code(one.inbox):
        return plan_once(
            here,
            kind=SWEEP,
            subject=subject,
            contract="RoyaltyInbox",
            target=one.inbox,
            function="sweep",
            args=[one.currency],
        )
    return plan_once(
        here,
        kind=CREATE,
        subject=f"royalties.inbox:{one.entry_id}",
        contract="DesignLicenses",
        function="createInbox",
        args=[int(one.entry_id, 16)],
    )
