"""Rows that events mean, gathered over a window and written in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from contracts.hooks import Event, Projection, Table
from contracts.indexer.copying import copy_rows


class Projector:
    """Takes events in log order and holds their rows until `flush`, or until a projection asks for earlier ones.

    Must run in the transaction that stores the events.
    """

    def __init__(self) -> None:
        self._instances: dict[type[Model], list[Model]] = defaultdict(list)
        # By model: a table's own hash would be computed for each event.
        self._tuples: dict[type[Model], tuple[Table, list[tuple[Any, ...]]]] = {}

    def take(self, event: Event, projections: Sequence[Projection]) -> None:
        """Make the rows of one event, by these projections of its kind."""
        for projection in projections:
            if projection.reads:
                self._write(projection.reads)
            if projection.table is not None:
                table = projection.table
                self._tuples.setdefault(table.model, (table, []))[1].extend(projection.rows(event))
                continue
            for row in projection.rows(event):
                self._instances[type(row)].append(row)

    def flush(self) -> None:
        """Write what is still held."""
        self._write({*self._instances, *self._tuples})

    def _write(self, models: Iterable[type[Model]]) -> None:
        for model in models:
            if rows := self._instances.pop(model, None):
                model._default_manager.bulk_create(rows)
            if found := self._tuples.pop(model, None):
                _copy(*found)


def _copy(table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    line = "\t".join(["%s"] * len(table.columns))
    with connection.cursor() as cursor:
        copy_rows(cursor, table.model, table.columns, map(line.__mod__, rows))
