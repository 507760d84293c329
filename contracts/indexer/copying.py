"""PostgreSQL's COPY: the fast way in for rows that come by the thousand."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model

ROWS_PER_WRITE = 256


def escaped(text: str) -> str:
    """Text as COPY reads it: https://www.postgresql.org/docs/18/sql-copy.html, "Text Format"."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text


def copy_rows(cursor: Any, model: type[Model], columns: Sequence[str], lines: Iterable[str]) -> None:
    """Append rows; a line has its values, escaped where they may hold any text, with tabs between them."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    with cursor.cursor.copy(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN") as copy:
        # Not one by one, which takes time, nor all at once, which takes memory.
        left = iter(lines)
        while some := "\n".join(islice(left, ROWS_PER_WRITE)):
            copy.write(some + "\n")


def next_ids(cursor: Any, model: type[Model], number: int) -> list[int]:
    """Ids for this many rows, which nobody else is given."""
    cursor.execute(
        "SELECT array_agg(nextval(sequence)) FROM generate_series(1, %s), pg_get_serial_sequence(%s, 'id') AS sequence",
        [number, model._meta.db_table],
    )
    ids: list[int] = cursor.fetchone()[0]
    return ids
