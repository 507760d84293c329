"""Database against chain: what the outbox and the indexer keep must be what the chain has."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.db.models import Exists, ForeignKey, Model, OuterRef

from common.locks import Lock, try_hold
from common.parts import in_parts
from contracts.answers import Log, Receipt
from contracts.chains import Chain
from contracts.client import client
from contracts.decoding import decode_log, raw_beside
from contracts.errors import ChainError, Reverted, RpcError
from contracts.hooks import Event, Tally, auditors, projections_of
from contracts.indexer.beside import projected
from contracts.models import ChainCursor, ChainEvent, ChainTransaction, SenderNonce, TransactionAttempt

State = ChainTransaction.State
CHUNK = 100
BLOCKS = 1000
EVENTS = 1000

Row = tuple[type[Model], int, tuple[Any, ...]]
"""A projected row without its id: its model, its event and its values."""


class CannotAudit(ChainError):
    """The audit cannot be made; `str()` says why."""


class AuditUnderWay(CannotAudit):
    """Another process makes it at this moment."""


class Part(NamedTuple):
    """An auditor's name, the differences it found, one sentence each, and what it summed up."""

    name: str
    differences: list[str]
    tallies: list[Tally]


def audit(chain: Chain) -> Generator[Part, None, None]:
    """What each auditor found.

    Everything is compared at one block: the database in one snapshot, the chain's state at the block that this
    snapshot has read. Raises CannotAudit (AuditUnderWay while another process makes one), ChainUnavailable or
    WrongChain.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as sql:
                sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if not try_hold(Lock.AUDIT, chain.chain_id):
            raise AuditUnderWay("Another process makes an audit of this chain: wait until it has ended.")
        cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
        if cursor is None:
            raise CannotAudit("Nothing was read of the chain yet: start the indexer (manage.py follow_chain).")
        with client(chain).pinned(cursor.number):
            for name, auditor in [*OF_THE_STATE, *auditors(), *OF_HISTORY]:
                try:
                    yield _part(name, auditor(chain))
                except Reverted as error:
                    yield _part(name, [f"The chain knows nothing of what is asked about: {error}"])
                except RpcError as error:
                    raise CannotAudit(
                        f"The node does not answer about block {cursor.number} ({error}): "
                        "let the indexer catch up, then run the audit again."
                    ) from error


def _part(name: str, found: Iterable[str | Tally]) -> Part:
    lines = list(found)
    tallies = [line for line in lines if isinstance(line, Tally)]
    return Part(name, [line for line in lines if isinstance(line, str)], tallies)


def audit_reading(chain: Chain) -> Iterable[str]:
    """The newest block that was read is on the chain, and sending is not stopped."""
    cursor = ChainCursor.objects.get(chain_id=chain.chain_id)
    found = client(chain).header(cursor.number)
    if found is None or found.hash != cursor.hash:
        yield f"Block {cursor.number} was read as {cursor.hash}, the chain has {found.hash if found else 'none'}."
    if cursor.sending_stopped:
        yield cursor.sending_stopped


def audit_rows(chain: Chain) -> Iterable[str]:
    """What the database does not check itself (decision 0032): every row has the row that it hangs on."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, ForeignKey) or getattr(field, "db_constraint", True):
                continue
            there = field.related_model._default_manager.filter(pk=OuterRef(field.attname))
            lost = model._default_manager.filter(~Exists(there), chain_id=chain.chain_id).count()
            if lost:
                yield f"{lost} rows of {model._meta.db_table} hang on no {field.name}."


def audit_events(chain: Chain) -> Iterable[str]:
    """The stored events are exactly those of a fresh read."""
    cursor = ChainCursor.objects.get(chain_id=chain.chain_id)
    followed = chain.deployment.followed
    addresses = sorted(followed)
    for first in range(chain.deployment.deployed_block, cursor.number + 1, BLOCKS):
        last = min(first + BLOCKS - 1, cursor.number)
        stored = {
            (event.block.hash, event.log_index): (
                *(event.address, event.transaction_hash),
                *(event.name, event.args, event.topics, event.data),
            )
            for event in ChainEvent.objects.filter(
                chain_id=chain.chain_id, block__number__range=(first, last)
            ).select_related("block")
        }
        fresh = {
            (log.block_hash, log.log_index): (
                *(log.address, log.transaction_hash),
                *_as_stored(followed[log.address], log),
            )
            for log in client(chain).logs_in_parts(first, last, addresses)
        }
        for key in sorted(stored.keys() | fresh.keys()):
            if stored.get(key) != fresh.get(key):
                where = f"log {key[1]} of block {key[0]}"
                here, there = key in stored, key in fresh
                yield (
                    f"{where} differs."
                    if here and there
                    else f"{where} is {'not on the chain' if here else 'not in the database'}."
                )


def _as_stored(contract: str, log: Log) -> tuple[str, dict[str, Any], list[str], str]:
    found = decode_log(contract, log.topics, log.data)
    return found.name, found.args, *raw_beside(found, log)


def audit_projections(chain: Chain) -> Iterable[str]:
    """The projected rows are those that the stored events mean: the auditors of apps ask only about rows that are."""
    events = ChainEvent.objects.filter(chain_id=chain.chain_id).order_by("id")
    for part in in_parts(events, EVENTS):
        made: dict[int, ChainEvent] = {}
        meant: Counter[Row] = Counter()
        for event in part:
            try:
                meant.update(list(_rows_meant(event)))
            except (LookupError, TypeError, ValueError, ObjectDoesNotExist) as error:
                yield f"The rows of {_named(event)} cannot be made: {error!r}."
            else:
                made[event.pk] = event
        stored = Counter(_stored_rows(list(made)))
        for which, rows in (("missing", meant - stored), ("too many", stored - meant)):
            for (model, event_id), number in _by_event(rows).items():
                yield f"{number} rows of {model._meta.db_table} are {which} for {_named(made[event_id])}."


def _rows_meant(event: ChainEvent) -> Iterator[Row]:
    told = Event(
        *(event.pk, event.chain_id, event.block_id, event.contract, event.name),
        *(event.args, event.transaction_hash, event.log_index),
    )
    for projection in projections_of(event.contract, event.name):
        for row in projection.rows(told):
            if projection.table is None:
                yield _row(type(row), {field.column: getattr(row, field.attname) for field in _fields(type(row))})
            else:
                yield _row(projection.table.model, dict(zip(projection.table.columns, row, strict=True)))


def _stored_rows(event_ids: Sequence[int]) -> Iterator[Row]:
    for model in projected():
        fields = _fields(model)
        columns = [field.column for field in fields]
        rows = model._default_manager.filter(event__in=event_ids)
        for values in rows.values_list(*(field.attname for field in fields)).iterator():
            yield _row(model, dict(zip(columns, values, strict=True)))


def _row(model: type[Model], values: Mapping[str, Any]) -> Row:
    read = [field.to_python(values[field.column]) for field in _fields(model)]
    return model, values["event_id"], tuple(tuple(value) if isinstance(value, list) else value for value in read)


def _fields(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _by_event(rows: Mapping[Row, int]) -> dict[tuple[type[Model], int], int]:
    found: Counter[tuple[type[Model], int]] = Counter()
    for (model, event_id, _values), number in rows.items():
        found[model, event_id] += number
    return found


def _named(event: ChainEvent) -> str:
    return f"{event} of transaction {event.transaction_hash}"


def audit_nonces(chain: Chain) -> Iterable[str]:
    """Every nonce below the allocator's next one is used in the block that was read, or held by a transaction."""
    for allocator in SenderNonce.objects.filter(chain_id=chain.chain_id):
        used = client(chain).nonce(allocator.address)
        if used > allocator.next_nonce:
            yield (
                f"{allocator.address} has used nonce {used - 1} on the chain, "
                f"the next one here is {allocator.next_nonce}: the key is used elsewhere."
            )
        held = set(
            ChainTransaction.objects.filter(chain_id=chain.chain_id, sender=allocator.address, nonce__gte=used)
            .exclude(state__in=ChainTransaction.GIVEN_UP)
            .values_list("nonce", flat=True)
        )
        for nonce in range(used, allocator.next_nonce):
            if nonce not in held:
                yield f"Nonce {nonce} of {allocator.address} is neither used nor held by a transaction."


def audit_transactions(chain: Chain) -> Iterable[str]:
    """What is marked mined or final, in a block that was read as final, stands there with that result, and each log of
    ours in its receipt is stored.

    The node is asked later than the database: what stands above may have moved meanwhile, and nothing be wrong.
    """
    cursor = ChainCursor.objects.get(chain_id=chain.chain_id)
    rows = ChainTransaction.objects.filter(
        chain_id=chain.chain_id, state__in=[State.MINED, State.FINAL], block_number__lte=cursor.finalized_number
    ).order_by("id")
    for part in in_parts(rows, CHUNK):
        receipts, logs = client(chain).receipts_and_logs([tx.transaction_hash or "" for tx in part])
        yield from _other_results(chain, part, receipts)
        yield from _logs_not_stored(chain, logs)


def _other_results(chain: Chain, part: Sequence[ChainTransaction], receipts: Mapping[str, Receipt]) -> Iterator[str]:
    forgotten = {tx.block_number or 0 for tx in part if tx.transaction_hash not in receipts}
    contents = client(chain).contents(sorted(forgotten)) if forgotten else {}
    hashes = [tx.transaction_hash or "" for tx in part]
    empty = set(TransactionAttempt.objects.filter(hash__in=hashes, cancels=True).values_list("hash", flat=True))
    for tx in part:
        receipt = receipts.get(tx.transaction_hash or "")
        succeeded = receipt is not None and receipt.succeeded and tx.transaction_hash not in empty
        if receipt is None and tx.transaction_hash in contents.get(tx.block_hash or "", ()):
            continue  # nodes forget old receipts; that it succeeded was seen when it had one
        if receipt is None:
            yield f"{tx} is marked {tx.state} and the chain has no {tx.transaction_hash}."
        elif receipt.block_hash != tx.block_hash or succeeded != tx.succeeded:
            yield (
                f"{tx} is marked {tx.state} in block {tx.block_hash} with success {tx.succeeded}, "
                f"the chain has it in {receipt.block_hash} with success {succeeded}."
            )


def _logs_not_stored(chain: Chain, logs: Sequence[Log]) -> Iterator[str]:
    """A node keeps receipts apart from its index of logs, which may lack what is old, whoever asks: the indexer then,
    and `audit_events` now.
    """
    events = ChainEvent.objects.filter(
        chain_id=chain.chain_id, transaction_hash__in={log.transaction_hash for log in logs}
    )
    stored = set(events.values_list("block__hash", "log_index"))
    for log in logs:
        if log.address in chain.deployment.followed and (log.block_hash, log.log_index) not in stored:
            yield (
                f"log {log.log_index} of block {log.block_hash} is not in the database, "
                f"and stands in the receipt of {log.transaction_hash}, which we sent."
            )


def audit_given_up(chain: Chain) -> Iterable[str]:
    """What was given up, and so may have been paid back, is not done on the chain all the same."""
    cursor = ChainCursor.objects.get(chain_id=chain.chain_id)
    attempts = TransactionAttempt.objects.filter(
        transaction__chain_id=chain.chain_id, transaction__state__in=ChainTransaction.GIVEN_UP, cancels=False
    ).select_related("transaction")
    for part in in_parts(attempts.order_by("id"), CHUNK):
        receipts = client(chain).receipts([attempt.hash for attempt in part])
        for attempt in part:
            receipt = receipts.get(attempt.hash)
            if receipt is not None and receipt.succeeded and receipt.block_number <= cursor.finalized_number:
                yield (
                    f"{attempt.transaction} is marked {attempt.transaction.state}, "
                    f"and the chain has done it by {attempt.hash} in block {receipt.block_number}."
                )


# Nodes forget the state of a block soon: what asks for it goes first.
OF_THE_STATE = [
    ("contracts.reading", audit_reading),
    ("contracts.nonces", audit_nonces),
]
OF_HISTORY = [
    ("contracts.rows", audit_rows),
    ("contracts.events", audit_events),
    ("contracts.projections", audit_projections),
    ("contracts.transactions", audit_transactions),
    ("contracts.given_up", audit_given_up),
]
