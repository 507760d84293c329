"""The next settled window, fetched and made into rows by a thread while the database stores the one before it.

The thread knows no database.
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace

import structlog

from contracts.client import Client
from contracts.errors import ChainUnavailable, InconsistentNode, RpcError
from contracts.indexer.reading import NotLinked, Window, read_settled
from contracts.indexer.rows import rows_of

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Fetch:
    after: int
    after_hash: str
    told_by: object
    window: "Future[Window]"


class ReadAhead:
    """Holds at most one window. What it holds is only a guess at the next question: whoever takes it checks."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._next: _Fetch | None = None

    def start(self, node: Client, *, after: int, after_hash: str, last: int, names: Mapping[str, str]) -> None:
        """Begin to fetch the window that follows this block; `names` are the contracts by their addresses."""
        # In the context of this step, so of the node that it keeps to.
        asked = self._thread.submit(copy_context().run, _with_rows, node, after, after_hash, last, names)
        self._next = _Fetch(after, after_hash, node.node.asked, asked)

    def take(self, node: Client, *, after: int, after_hash: str) -> Window | None:
        """The window that follows this block, if it was fetched of the node that is asked now; waits for it.

        None also after an error, which the next question will meet again, and handle. What another node told is not
        taken: the witness that is asked about it would be that node.
        """
        fetch, self._next = self._next, None
        if fetch is None:
            return None
        try:
            window = fetch.window.result()
        except (RpcError, ChainUnavailable, InconsistentNode, NotLinked) as error:
            logger.info("read_ahead_failed", after=fetch.after, error=str(error) or type(error).__name__)
            return None
        fetched = (fetch.after, fetch.after_hash, fetch.told_by)
        return window if fetched == (after, after_hash, node.node.asked) else None

    def close(self) -> None:
        """End the thread, without what it was asked for."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _with_rows(node: Client, after: int, after_hash: str, last: int, names: Mapping[str, str]) -> Window:
    window = read_settled(node, after=after, after_hash=after_hash, last=last, addresses=sorted(names))
    return replace(window, rows=rows_of(window.logs, chain_id=node.chain.chain_id, names=names))
