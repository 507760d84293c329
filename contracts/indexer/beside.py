"""Reading a chain again beside what is there: compared, and put right in one short transaction (decision 0029)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from common.locks import Lock, hold, try_hold
from contracts.chains import Chain
from contracts.errors import ChainError
from contracts.indexer.following import PATIENCE, follow_to_head
from contracts.indexer.storing import reading_beside
from contracts.models import ChainBlock, ChainCursor, ChainEvent

logger = structlog.get_logger(__name__)

SCHEMA = "reindex"
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1


class CannotCompare(ChainError):
    """Another one is at it, the chain became another one, or the two never stood at one block; `str()` says which."""


@dataclass(frozen=True)
class Difference:
    """Rows of a table that a fresh read does not have, and those that only it has."""

    table: str
    too_many: int
    missing: int


def reindex_beside(chain: Chain, *, repair: bool, say: Callable[[str], None]) -> list[Difference]:
    """Read the chain from the deployment's block into tables of its own, compare, and with `repair` put right what
    differs. Pages read, and the indexer reads on, meanwhile. Returns the tables that differ. Raises a ChainError.
    """
    with _one_at_a_time(), _tables_beside():
        found = None
        deadline = 0.0
        while found is None:
            with _reading_beside():
                for _step in follow_to_head(chain, patience=PATIENCE):
                    pass
                if stopped := ChainCursor.objects.get(chain_id=chain.chain_id).sending_stopped:
                    raise CannotCompare(f"The node changed to another chain meanwhile: {stopped}")
            deadline = deadline or time.monotonic() + PATIENCE_SECONDS
            found = _compare_at_one_block(chain, repair=repair)
            if found is None and time.monotonic() > deadline:
                raise CannotCompare("The indexer was never at the block that was read beside it: does it run?")
            if found is None:
                time.sleep(PAUSE_SECONDS)
    for difference in found:
        say(f"{difference.table}: {difference.too_many} rows too many, {difference.missing} missing.")
    if not found:
        say("Every row is as a fresh read makes it.")
    elif repair:
        say("All of it was put right.")
    return found


def projected() -> list[type[Model]]:
    """The models whose rows cascade from an event: what projections write."""
    return [
        model
        for model in apps.get_models()
        if any(field.related_model is ChainEvent for field in model._meta.concrete_fields)
    ]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A session's lock: the work is of many transactions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [Lock.BESIDE.value])
        if not cursor.fetchone()[0]:
            raise CannotCompare("A chain is being read again beside the database already: wait until that has ended.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [Lock.BESIDE.value])


@contextmanager
def _tables_beside() -> Iterator[None]:
    """Empty tables like those that are read into, in a schema that nobody else looks at."""
    models: list[type[Model]] = [ChainCursor, ChainBlock, ChainEvent, *projected()]
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        # A killed one may have left it.
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        for table in tables:
            cursor.execute(f'CREATE TABLE {SCHEMA}."{table}" (LIKE public."{table}" INCLUDING ALL)')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


@contextmanager
def _reading_beside() -> Iterator[None]:
    """Everything that this connection reads and writes of the chain is in the tables beside."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {SCHEMA}, public")
    token = reading_beside.set(True)
    try:
        yield
    finally:
        reading_beside.reset(token)
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")


def _compare_at_one_block(chain: Chain, *, repair: bool) -> list[Difference] | None:
    """What differs, while the indexer waits; None when the two have not read to the same block."""
    with transaction.atomic():
        if repair:
            hold(Lock.INDEXER, chain.chain_id)
        elif not try_hold(Lock.INDEXER, chain.chain_id):
            return None
        with connection.cursor() as cursor:
            table = ChainCursor._meta.db_table
            cursor.execute(
                f"SELECT 1 FROM public.{table} ours JOIN {SCHEMA}.{table} fresh "  # noqa: S608
                "USING (chain_id, number, hash) WHERE chain_id = %s",
                [chain.chain_id],
            )
            if cursor.fetchone() is None:
                return None
            comparison = _Comparison(cursor, chain.chain_id)
            found = comparison.differences()
            if repair and found:
                comparison.repair()
        logger.info("compared_beside", chain=chain.role, differing=[item.table for item in found])
    return found


class _Comparison:
    """The two sets of tables, row by row: blocks by number, events by place in their block, others by their event."""

    def __init__(self, cursor: Any, chain_id: int) -> None:
        self._cursor = cursor
        self._chain_id = chain_id
        event, block = ChainEvent._meta.db_table, ChainBlock._meta.db_table
        equal = _equal("ours", "fresh", _columns(ChainEvent, without={"id", "block_id"}))
        sides = " JOIN ".join(
            f"(SELECT event.*, block.hash FROM {schema}.{event} event JOIN {schema}.{block} block "  # noqa: S608
            f"ON block.id = event.block_id WHERE event.chain_id = {chain_id:d}) {name}"
            for schema, name in (("public", "ours"), (SCHEMA, "fresh"))
        )
        cursor.execute("DROP TABLE IF EXISTS pg_temp.pairs")
        cursor.execute(
            "CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS SELECT ours.id AS ours, fresh.id AS fresh "  # noqa: S608
            f"FROM {sides} ON ours.hash = fresh.hash AND ours.log_index = fresh.log_index AND {equal}"
        )
        cursor.execute("CREATE INDEX ON pairs (ours)")
        cursor.execute("CREATE INDEX ON pairs (fresh)")
        cursor.execute("ANALYZE pairs")

    def differences(self) -> list[Difference]:
        found = []
        event, block = ChainEvent._meta.db_table, ChainBlock._meta.db_table
        of_chain = f"chain_id = {self._chain_id:d}"
        otherwise = f"public.{block} ours, {self._told_otherwise()}"
        parts = [
            (block, otherwise, otherwise),
            (
                event,
                f"public.{event} row WHERE {of_chain} AND NOT EXISTS (SELECT FROM pairs WHERE ours = row.id)",
                f"{SCHEMA}.{event} row WHERE {of_chain} AND NOT EXISTS (SELECT FROM pairs WHERE fresh = row.id)",
            ),
        ]
        for model in projected():
            parts.append((model._meta.db_table, self._too_many(model), self._missing(model)))
        for table, too_many, missing in parts:
            counts = []
            for rows in (too_many, missing):
                self._cursor.execute(f"SELECT count(*) FROM {rows}")  # noqa: S608
                counts.append(self._cursor.fetchone()[0])
            if any(counts):
                found.append(Difference(table, *counts))
        return found

    def repair(self) -> None:
        """Rows of events that stay keep their ids; triggers see what changes, and only that."""
        run = self._cursor.execute
        event, block = ChainEvent._meta.db_table, ChainBlock._meta.db_table
        for model in projected():
            table = model._meta.db_table
            run(f"DELETE FROM public.{table} WHERE id IN (SELECT row.id FROM {self._too_many(model)})")  # noqa: S608
        run(
            f"DELETE FROM public.{event} gone WHERE chain_id = {self._chain_id:d} "  # noqa: S608
            "AND NOT EXISTS (SELECT FROM pairs WHERE ours = gone.id)"
        )
        names = _columns(ChainBlock, without={"id"})
        changes = ", ".join(f"{name} = fresh.{name}" for name in names)
        run(f"UPDATE public.{block} ours SET {changes} FROM {self._told_otherwise()}")  # noqa: S608
        columns = ", ".join(names)
        run(
            f"INSERT INTO public.{block} ({columns}) SELECT {columns} FROM {SCHEMA}.{block} fresh "  # noqa: S608
            f"WHERE has_events AND chain_id = {self._chain_id:d} AND NOT EXISTS (SELECT FROM public.{block} ours "
            "WHERE ours.chain_id = fresh.chain_id AND ours.hash = fresh.hash)"
        )
        names = _columns(ChainEvent, without={"id", "block_id"})
        run(
            f"WITH new AS (SELECT fresh.*, nextval(pg_get_serial_sequence('public.{event}', 'id')) AS new_id, "  # noqa: S608
            f"ours.id AS new_block FROM {SCHEMA}.{event} fresh "
            f"JOIN {SCHEMA}.{block} theirs ON theirs.id = fresh.block_id "
            f"JOIN public.{block} ours ON ours.chain_id = theirs.chain_id AND ours.hash = theirs.hash "
            f"WHERE fresh.chain_id = {self._chain_id:d} "
            "AND NOT EXISTS (SELECT FROM pairs WHERE pairs.fresh = fresh.id)), "
            f"stored AS (INSERT INTO public.{event} (id, block_id, {', '.join(names)}) "
            f"SELECT new_id, new_block, {', '.join(names)} FROM new) "
            "INSERT INTO pairs (ours, fresh) SELECT new_id, id FROM new"
        )
        for model in projected():
            columns = ", ".join(_columns(model, without={"id", "event_id"}))
            qualified = ", ".join(f"row.{name}" for name in _columns(model, without={"id", "event_id"}))
            run(
                f"INSERT INTO public.{model._meta.db_table} (event_id, {columns}) "  # noqa: S608
                f"SELECT pairs.ours, {qualified} FROM {self._missing(model, pairs=True)}"
            )

    def _told_otherwise(self) -> str:
        """FROM and WHERE of the fresh form of blocks of `ours` that differ from it."""
        equal = _equal("ours", "fresh", _columns(ChainBlock, without={"id"}))
        return (
            f"{SCHEMA}.{ChainBlock._meta.db_table} fresh WHERE ours.chain_id = {self._chain_id:d} "
            f"AND fresh.chain_id = ours.chain_id AND fresh.number = ours.number AND NOT ({equal})"
        )

    def _too_many(self, model: type[Model]) -> str:
        """FROM and WHERE of the rows that no fresh one equals."""
        table = model._meta.db_table
        equal = _equal("row", "fresh", _columns(model, without={"id", "event_id"}))
        return (
            f"public.{table} row WHERE row.chain_id = {self._chain_id:d} AND NOT EXISTS (SELECT FROM pairs "
            f"JOIN {SCHEMA}.{table} fresh ON fresh.event_id = pairs.fresh WHERE pairs.ours = row.event_id AND {equal})"
        )

    def _missing(self, model: type[Model], *, pairs: bool = False) -> str:
        """FROM and WHERE of the fresh rows that none of ours equals; with `pairs`, only those whose event is ours."""
        table = model._meta.db_table
        equal = _equal("row", "mine", _columns(model, without={"id", "event_id"}))
        joined = "JOIN pairs ON pairs.fresh = row.event_id" if pairs else ""
        return (
            f"{SCHEMA}.{table} row {joined} WHERE row.chain_id = {self._chain_id:d} AND NOT EXISTS (SELECT "
            f"FROM pairs other JOIN public.{table} mine ON mine.event_id = other.ours "
            f"WHERE other.fresh = row.event_id AND {equal})"
        )


def _columns(model: type[Model], *, without: set[str]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields if field.column not in without]


def _equal(one: str, other: str, columns: list[str]) -> str:
    rows = (", ".join(f"{name}.{column}" for column in columns) for name in (one, other))
    return "ROW({}) IS NOT DISTINCT FROM ROW({})".format(*rows)
