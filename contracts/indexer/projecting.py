"""Rows that events mean, gathered over a window and written in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from contracts.hooks import Event, Table, projections_of
from contracts.indexer.copying import copy_rows


class Projector:
    """Takes events in log order and holds their rows until `flush`, or until a projection asks for earlier ones.

    Must run in the transaction that stores the events.
    """

    def __init__(self) -> None:
        self._instances: dict[type[Model], list[Model]] = defaultdict(list)
        self._tuples: dict[Table, list[tuple[Any, ...]]] = defaultdict(list)

    def take(self, event: Event) -> None:
        """Make the rows of one event."""
        for projection in projections_of(event.contract, event.name):
            if projection.reads:
                self._write(projection.reads)
            if projection.table is not None:
                self._tuples[projection.table] += projection.rows(event)
                continue
            for row in projection.rows(event):
                self._instances[type(row)].append(row)

    def flush(self) -> None:
        """Write what is still held."""
        self._write({*self._instances, *(table.model for table in self._tuples)})

    def _write(self, models: Iterable[type[Model]]) -> None:
        for model in models:
            if rows := self._instances.pop(model, None):
                model._default_manager.bulk_create(rows)
        wanted = set(models)
        for table in [table for table in self._tuples if table.model in wanted]:
            _copy(table, self._tuples.pop(table))


def _copy(table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        copy_rows(cursor, table.model, table.columns, ("\t".join(map(str, row)) for row in rows))
