"""Enqueueing a business action, as one more row of the caller's transaction."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from common.tasks import nudge
from contracts.chains import chain
from contracts.encoding import as_json
from contracts.models import ChainTransaction, TransactionHistory
from contracts.signers import operator_signer


def enqueue(
    *,
    kind: str,
    subject: str,
    ref: bytes,
    contract: str,
    function: str,
    args: Sequence[Any],
    target: str = "",
    chain_role: str = "public",
    value: int = 0,
) -> ChainTransaction:
    """Plan one transaction by the operator's key; the same (chain, kind, ref) gives the same row for ever.

    `ref` is 32 bytes; `args` are integers, booleans, text, bytes (or 0x text) and lists, in ABI order; `value` is
    wei; `target` is where it is called, if not at its place in the deployment. Must run inside the caller's
    transaction: the action and its intent are stored together or not at all.
    Raises RuntimeError outside of one, TypeError or ValueError for unusable arguments, SignerRefused without a key.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("enqueue must run inside the transaction that stores the business action")
    if len(ref) != 32:
        raise ValueError("ref must be 32 bytes")
    here = chain(chain_role)
    key = {"chain_id": here.chain_id, "kind": kind, "ref": "0x" + ref.hex()}
    tx, created = ChainTransaction.objects.get_or_create(
        **key,
        defaults={
            "subject": subject,
            "sender": operator_signer(here).address,
            "contract": contract,
            "target": target,
            "function": function,
            "args": as_json(list(args)),
            "value": value,
        },
    )
    if created:
        from contracts.tasks import send_planned

        TransactionHistory.objects.create(transaction=tx, after=tx.state)
        nudge(send_planned, here.role, tx.sender)
    return tx
