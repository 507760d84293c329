"""What domain apps give to the chain code, in their AppConfig.ready: it knows no design, license or share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Model

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.chains import Chain
    from contracts.models import ChainTransaction


class Event(msgspec.Struct, frozen=True, gc=False):
    """What a projection is given: a ChainEvent that is stored, without the weight of a model. `id` is its row's."""

    id: int
    chain_id: int
    block_id: int
    contract: str
    name: str
    args: dict[str, Any]
    transaction_hash: str
    log_index: int

    def integer(self, name: str) -> int:
        """An argument of an integer type. Raises KeyError and ValueError."""
        return int(self.args[name])

    def text(self, name: str) -> str:
        """An argument that is an address, bytes or text, as it is stored. Raises KeyError and ValueError."""
        value: Any = self.args[name]
        if not isinstance(value, str):
            raise ValueError(f"{name} of {self.name} is no text")
        return value


@dataclass(frozen=True)
class Table:
    """Where rows go that are made as plain tuples: values in the order of these columns."""

    model: type[Model]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Projection:
    """How rows are made of one kind of event (see `register_projection`)."""

    rows: Callable[[Event], Iterable[Any]]
    table: Table | None = None
    reads: tuple[type[Model], ...] = ()


@dataclass(frozen=True)
class Tally:
    """What became of a currency, in base units: what came in, was paid out and was taken as fees, what a contract holds
    of it by the chain, and to whom the rest is due: holders, ancestors, the platform.
    """

    currency: str
    came: int
    paid: int
    taken: int
    held: int
    owed: int
    reserved: int
    fees: int

    @property
    def left(self) -> int:
        """What must be there of all that came in."""
        return self.came - self.paid - self.taken

    @property
    def fractions(self) -> int:
        """What nobody can claim yet: parts of units, held for those whose next income completes them."""
        return self.left - self.owed - self.reserved - self.fees

    @property
    def surplus(self) -> int:
        """What belongs to nobody: anyone may send coins to a contract."""
        return self.held - self.left


Outcome = Callable[["ChainTransaction"], None]
Auditor = Callable[["Chain"], Iterable[str | Tally]]
Prover = Callable[[str, int], Iterable[Mapping[str, Any]]]
Stater = Callable[[str, int], Iterable[str]]
Teller = Callable[["Path", "Path | None"], Mapping[str, Any]]

_projections: dict[tuple[str, str], list[Projection]] = {}
_outcomes: dict[str, Outcome] = {}
_auditors: dict[str, Auditor] = {}
_tellers: dict[str, Teller] = {}
_provers: list[Prover] = []
_staters: list[Stater] = []


def register_projection(
    contract: str,
    event: str,
    rows: Callable[[Event], Iterable[Any]],
    *,
    table: Table | None = None,
    reads: Sequence[type[Model]] = (),
) -> None:
    """Let `rows` say what every such event means: model instances, which are stored in the event's transaction.

    Rows refer to the event with on_delete=CASCADE: a reorganization takes them away with it. They are written for
    many events at once; whoever asks the database for rows of earlier events names their models in `reads`, and asks
    for those alone: the audit makes the rows once more when later ones are there. Events that come by the thousand
    name a `table` instead, and yield a tuple of plain values per row.
    """
    made = Projection(rows, table, tuple(reads))
    known = _projections.setdefault((contract, event), [])
    if made not in known:
        known.append(made)


def register_outcome(kind: str, handler: Outcome) -> None:
    """Call `handler` once, in a transaction, when an action of this kind ended failed or canceled.

    One that cannot tell yet what became of it raises NotDecidedYet, and is called again later.
    """
    if _outcomes.setdefault(kind, handler) != handler:
        raise ValueError(f"Two outcome handlers for {kind}")


def register_auditor(name: str, handler: Auditor) -> None:
    """Let `manage.py audit` ask `handler`, which yields one sentence per difference from the chain; and its tallies."""
    if _auditors.setdefault(name, handler) != handler:
        raise ValueError(f"Two auditors named {name}")


def register_teller(name: str, handler: Teller) -> None:
    """Let `manage.py verify` ask `handler` of a file, and of the Content Credentials that lie beside it, if any: its
    answer is for programs, and `sentence` in it for people."""
    if _tellers.setdefault(name, handler) != handler:
        raise ValueError(f"Two tellers named {name}")


def register_prover(handler: Prover) -> None:
    """Let `manage.py verify` ask `handler`, of a SHA-256 that it does not know and a chain's id, for proofs of fields
    that name such a file: it holds them against the chain."""
    if handler not in _provers:
        _provers.append(handler)


def provers() -> list[Prover]:
    return list(_provers)


def register_stater(handler: Stater) -> None:
    """Let `manage.py verify` ask `handler`, of a SHA-256 that it does not know and a chain's id, for statements (JSON)
    that are kept beside such a file: it holds them against the chain."""
    if handler not in _staters:
        _staters.append(handler)


def staters() -> list[Stater]:
    return list(_staters)


def projections_of(contract: str, event: str) -> list[Projection]:
    return _projections.get((contract, event), [])


def outcome_of(kind: str) -> Outcome | None:
    return _outcomes.get(kind)


def tellers() -> list[tuple[str, Teller]]:
    return sorted(_tellers.items())


def auditors() -> list[tuple[str, Auditor]]:
    return sorted(_auditors.items())
