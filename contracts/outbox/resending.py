"""After a chain went back in time: what it forgot is sent again, as the bytes that are stored (law 11)."""

from collections.abc import Iterator

from django.db.models import Q

from common.parts import in_parts
from contracts.chains import Chain
from contracts.client import client
from contracts.models import ChainTransaction
from contracts.outbox.sending import fill_gaps, send_planned
from contracts.outbox.states import advance
from contracts.outbox.tracking import CHUNK, NO_BLOCK, forget_block, observe, push

State = ChainTransaction.State


def resend_forgotten(chain: Chain) -> int:
    """Send again, in the order of nonces, every stored transaction that the chain does not have. Returns how many.

    A reverted or canceled action was given up and its app was told: it stays so, and its nonce is filled with nothing.
    """
    forgotten = 0
    senders = ChainTransaction.objects.filter(chain_id=chain.chain_id, nonce__isnull=False)
    keys = sorted(set(senders.values_list("sender", flat=True)))
    # All of them first: what is noted is sent by the sweeper too, should this end here.
    for sender in keys:
        forgotten += sum(_forget_block(tx) for tx in _without_block(chain, sender))
    for sender in keys:
        fill_gaps(chain, sender)
        push(chain, sender)
        send_planned(chain, sender)
    observe(chain)
    return forgotten


def _without_block(chain: Chain, sender: str) -> Iterator[ChainTransaction]:
    """Transactions that were in a block which the chain does not have, or has no more.

    A missing receipt would prove nothing: nodes forget old ones. Another block at that height does.
    """
    rows = ChainTransaction.objects.filter(
        Q(state__in=[State.MINED, State.FINAL]) | Q(state__in=ChainTransaction.GIVEN_UP, block_hash__isnull=False),
        chain_id=chain.chain_id,
        sender=sender,
    ).order_by("nonce")
    for part in in_parts(rows, CHUNK):
        headers = client(chain).headers([tx.block_number or 0 for tx in part])
        for tx, header in zip(part, headers, strict=True):
            if header is None or header.hash != tx.block_hash:
                yield tx


def _forget_block(tx: ChainTransaction) -> bool:
    if tx.state in ChainTransaction.GIVEN_UP:
        return advance(tx, [tx.state], tx.state, "the chain forgot its block", **NO_BLOCK)
    return forget_block(tx, "the chain forgot its block")
