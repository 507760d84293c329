"""Enqueueing a business action, as one more row of the caller's transaction."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from common.tasks import nudge
from contracts.chains import Chain, chain
from contracts.encoding import as_json
from contracts.models import ChainTransaction, TransactionHistory
from contracts.signers import Signer, operator_signer


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
    by: Callable[[Chain], Signer] = operator_signer,
) -> ChainTransaction:
    """Plan one transaction by one of our keys; the same (chain, kind, ref) gives the same row for ever.

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
    planned = ChainTransaction(
        chain_id=here.chain_id,
        kind=kind,
        ref="0x" + ref.hex(),
        subject=subject,
        sender=by(here).address,
        contract=contract,
        target=target,
        function=function,
        args=as_json(list(args)),
        value=value,
    )
    if not _insert(planned):
        return ChainTransaction.objects.get(chain_id=planned.chain_id, kind=kind, ref=planned.ref)
    from contracts.tasks import send_planned

    nudge(send_planned, here.role, planned.sender)
    return planned


def _insert(tx: ChainTransaction) -> bool:
    """Store the row with the first line of its history, unless its action has a row: false then.

    One statement: the caller's request waits for it.
    """
    tx.created_at = tx.state_at = timezone.now()
    fields = [field for field in ChainTransaction._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(tx, field.attname), connection) for field in fields]
    columns = ", ".join(str(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH planned AS (INSERT INTO {ChainTransaction._meta.db_table} ({columns}) "  # noqa: S608
            f"VALUES ({', '.join(['%s'] * len(fields))}) ON CONFLICT (chain_id, kind, ref) DO NOTHING RETURNING id), "
            f"noted AS (INSERT INTO {TransactionHistory._meta.db_table} (transaction_id, before, after, note, at) "
            "SELECT id, '', %s, '', %s FROM planned) SELECT id FROM planned",
            [*values, tx.state, tx.created_at],
        )
        found = cursor.fetchone()
    if found is None:
        return False
    (tx.pk,) = found
    tx._state.adding = False
    return True
