"""Putting a local chain aside that is no more: its record and its transactions to a file, its rows away."""

from datetime import UTC, datetime

from django.core import serializers
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from common.locks import Lock, hold
from contracts.chains import Chain, deployment_paths
from contracts.deployment.records import record_path
from contracts.models import ChainBlock, ChainCursor, ChainTransaction, SenderNonce, TransactionAttempt
from contracts.outbox.states import give_up

State = ChainTransaction.State


def has_state(chain: Chain) -> bool:
    """Whether the database knows anything of this chain."""
    return (
        ChainCursor.objects.filter(chain_id=chain.chain_id).exists()
        or ChainTransaction.objects.filter(chain_id=chain.chain_id)
        .exclude(state=State.PLANNED, nonce__isnull=True)
        .exists()
    )


def _hold_all(chain: Chain, sent: QuerySet[ChainTransaction]) -> None:
    """Let no window be stored meanwhile, and nothing be sent: in the order of who stores and sends (decision 0034)."""
    hold(Lock.INDEXER, chain.chain_id)
    for rows in (SenderNonce.objects.filter(chain_id=chain.chain_id), sent):
        list(rows.select_for_update().order_by("pk").values_list("pk"))


@transaction.atomic
def archive_local_chain(chain: Chain, *, reason: str) -> str:
    """Cancel what was sent, telling each action's app; drop all that was read. Returns a sentence that says so.

    Actions that were never signed stay planned: they are sent to the new chain. Raises ValueError elsewhere than
    on the local chain.
    """
    if not chain.is_local:
        raise ValueError("only the local chain is ever archived")
    folder = record_path(chain).parent / "archive"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{chain.chain_id}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    sent = ChainTransaction.objects.filter(chain_id=chain.chain_id).exclude(state=State.PLANNED, nonce__isnull=True)
    _hold_all(chain, sent)
    with (folder / f"{name}-transactions.jsonl").open("w") as file:
        for rows in (sent.order_by("id"), TransactionAttempt.objects.filter(transaction__in=sent)):
            serializers.serialize("jsonl", rows.iterator(), stream=file)
    count = sent.count()
    ChainBlock.objects.filter(chain_id=chain.chain_id).delete()
    for tx in sent.exclude(state__in=ChainTransaction.GIVEN_UP).order_by("id"):
        give_up(
            tx,
            (*ChainTransaction.LIVE, State.FINAL),
            _("the demo chain was replaced by a new one"),
            after=State.CANCELED,
        )
    sent.filter(outcome_delivered=True).delete()
    ChainTransaction.objects.filter(chain_id=chain.chain_id, state=State.PLANNED).update(waits_for_nonce=None)
    ChainCursor.objects.filter(chain_id=chain.chain_id).delete()
    SenderNonce.objects.filter(chain_id=chain.chain_id).delete()
    for path in deployment_paths(chain.chain_id):
        if path.is_file():
            path.rename(folder / f"{name}.json")
    return f"The demo chain was archived to {folder.name}/{name}* ({reason}; {count} transactions) and starts anew."
