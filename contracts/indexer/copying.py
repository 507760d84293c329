"""PostgreSQL's COPY: the fast way in for rows that come by the thousand."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def escaped(text: str) -> str:
    """Text as COPY reads it: https://www.postgresql.org/docs/18/sql-copy.html, "Text Format"."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text


def copy_rows(cursor: Any, model: type[Model], columns: Sequence[str], lines: Iterable[str]) -> None:
    """Append rows; a line has its values, escaped where they may hold any text, with tabs between them."""
    body = "\n".join(lines)
    if not body:
        return
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    with cursor.cursor.copy(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN") as copy:
        copy.write(body + "\n")


def next_ids(cursor: Any, model: type[Model], number: int) -> list[int]:
    """Ids for this many rows, which nobody else is given."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [model._meta.db_table, number],
    )
    return [row[0] for row in cursor.fetchall()]
