"""Several nodes of one chain: one answers, the others stand by and bear witness (docs/decisions/0028)."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog

from contracts.errors import ChainError, ChainUnavailable, WrongChain
from contracts.rpc import Request, Rpc

T = TypeVar("T")
logger = structlog.get_logger(__name__)

FIRST_REST_SECONDS = 5.0
LONGEST_REST_SECONDS = 300.0


@dataclass
class _Node:
    name: str
    rpc: Rpc
    faults: int = 0
    rested_seconds: float = 0.0
    rests_until: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class _Choice:
    """Who is asked, and how many faults it had when it was chosen."""

    node: _Node
    faults: int


class Endpoints:
    """Asks the first node that is not resting. One that fails rests, the longer the more often it failed.

    A question is asked of one node only: whoever asked asks again, all of it, and so never mixes what two nodes said.
    What belongs together is asked inside `one_node`. Raises what Rpc raises. `timeout` is seconds for one answer.
    """

    def __init__(self, urls: Sequence[str], *, chain_id: int, timeout: float) -> None:
        self._nodes = [_Node(_name_of(url), Rpc(url, chain_id=chain_id, timeout=timeout)) for url in urls]
        self._lock = threading.Lock()
        self._kept: ContextVar[_Choice | None] = ContextVar("kept_node", default=None)

    @contextmanager
    def one_node(self) -> Iterator[None]:
        """Ask one node all that is asked inside, though it may rest meanwhile: another one is its witness."""
        token = self._kept.set(self._choice())
        try:
            yield
        finally:
            self._kept.reset(token)

    @property
    def asked(self) -> object:
        """Who is asked now, to be held against who was asked before."""
        return self._choice().node

    def call(self, method: str, *params: Any) -> Any:
        """The result of one method."""
        return self._ask(lambda rpc: rpc.call(method, *params))

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Results in order; an item that the node refused is its RpcError, not raised."""
        return self._ask(lambda rpc: rpc.batch(requests))

    def _ask(self, ask: Callable[[Rpc], T]) -> T:
        choice = self._choice()
        try:
            answer = ask(choice.node.rpc)
        except ChainUnavailable as error:
            self._rest(choice.node, error)
            raise
        self._forgive(choice)
        return answer

    @property
    def has_witnesses(self) -> bool:
        """Whether there is more than one node."""
        return len(self._nodes) > 1

    def witness(self, ask: Callable[[Rpc], T], *, awake_only: bool = False) -> T:
        """What another node than the one asked otherwise answers to `ask`; where all of them rest one that does, unless
        it is `awake_only`.

        Raises ChainUnavailable when none does: one that raises a ChainError rests.
        """
        asked, now = self.asked, time.monotonic()
        others = [node for node in self._nodes if node is not asked]
        awake = [node for node in others if node.rests_until <= now]
        for node in sorted(awake if awake or awake_only else others, key=lambda node: node.rests_until):
            choice = _Choice(node, node.faults)
            try:
                answer = ask(node.rpc)
            except WrongChain:
                raise
            except ChainError as error:
                self._rest(node, error)
            else:
                if awake:
                    # One that was asked although it rests goes on resting: awake, it might be the one that is asked
                    # otherwise from now on, and what that one said would be witnessed by who said it.
                    self._forgive(choice)
                return answer
        raise ChainUnavailable("No second node answers, and one alone is not believed.")

    def refuse_other_chains(self) -> None:
        """Ask every node that answers which chain it serves. Raises WrongChain."""
        for node in self._nodes:
            try:
                node.rpc.call("eth_chainId")
            except ChainUnavailable as error:
                self._rest(node, error)

    def distrust(self, error: ChainError) -> None:
        """The node that was asked contradicts itself, lags or cannot be understood: ask another one for a while."""
        if self.has_witnesses:
            self._rest(self._choice().node, error)

    @property
    def requests(self) -> int:
        """How many were made of all nodes since this process began."""
        return sum(node.rpc.requests for node in self._nodes)

    def health(self) -> list[dict[str, Any]]:
        """Of each node in the order of the settings its `name`, how many `faults` it had lately, and the last one's
        `error`. As this process has seen them."""
        return [{"name": node.name, "faults": node.faults, "error": node.error} for node in self._nodes]

    def _choice(self) -> _Choice:
        """Who is kept to; else the first in the order of the settings that is not resting, else the one that rests no
        longer than others.
        """
        if kept := self._kept.get():
            return kept
        now = time.monotonic()
        awake = (node for node in self._nodes if node.rests_until <= now)
        node = next(awake, None) or min(self._nodes, key=lambda node: node.rests_until)
        return _Choice(node, node.faults)

    def _forgive(self, choice: _Choice) -> None:
        """It answered, and had no other fault since it was chosen: it need not rest now.

        They are forgotten once it did well for as long as it rested. One that answers, and only then shows that it is
        not to be believed, rests longer each time.
        """
        node = choice.node
        if not choice.faults:
            return
        with self._lock:
            if node.faults != choice.faults:
                return  # it had another one meanwhile
            node.rests_until = min(node.rests_until, time.monotonic())
            if time.monotonic() < node.rests_until + node.rested_seconds:
                return
            node.faults, node.error = 0, ""
        logger.info("endpoint_answers_again", endpoint=node.name)

    def _rest(self, node: _Node, error: ChainError) -> None:
        if not self.has_witnesses:
            return
        with self._lock:
            node.faults += 1
            # Bounded before it is raised: one that is away for days has thousands of faults.
            seconds = min(FIRST_REST_SECONDS * 2 ** min(node.faults - 1, 10), LONGEST_REST_SECONDS)
            node.rested_seconds, node.rests_until = seconds, time.monotonic() + seconds
            node.error = str(error)
        logger.warning("endpoint_rests", endpoint=node.name, seconds=seconds, error=str(error))


def _name_of(url: str) -> str:
    """Host and port: the rest of a provider's address often is a secret."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
