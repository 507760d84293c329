"""Large tables by parts: as many rows in memory as one part has."""

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def in_parts(rows: QuerySet[Row], size: int) -> Iterator[list[Row]]:
    """The rows in lists of `size`, the last one shorter."""
    each = rows.iterator(chunk_size=size)
    while part := list(islice(each, size)):
        yield part
