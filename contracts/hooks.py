"""What domain apps give to the chain code, in their AppConfig.ready: it knows no design, license or share."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.chains import Chain
    from contracts.models import ChainEvent, ChainTransaction

Projection = Callable[["ChainEvent"], None]
Outcome = Callable[["ChainTransaction"], None]
Auditor = Callable[["Chain"], Iterable[str]]
Teller = Callable[["Path"], Mapping[str, Any]]

_projections: dict[tuple[str, str], list[Projection]] = {}
_outcomes: dict[str, Outcome] = {}
_auditors: dict[str, Auditor] = {}
_tellers: dict[str, Teller] = {}


def register_projection(contract: str, event: str, handler: Projection) -> None:
    """Call `handler` for every such event, in log order, inside the transaction that stores it.

    Rows it writes refer to the event with on_delete=CASCADE: a reorganization takes them away with it.
    """
    handlers = _projections.setdefault((contract, event), [])
    if handler not in handlers:
        handlers.append(handler)


def register_outcome(kind: str, handler: Outcome) -> None:
    """Call `handler` once, in a transaction, when an action of this kind ended failed or canceled."""
    if _outcomes.setdefault(kind, handler) is not handler:
        raise ValueError(f"Two outcome handlers for {kind}")


def register_auditor(name: str, handler: Auditor) -> None:
    """Let `manage.py audit` ask `handler`, which yields one sentence per difference from the chain."""
    if _auditors.setdefault(name, handler) is not handler:
        raise ValueError(f"Two auditors named {name}")


def register_teller(name: str, handler: Teller) -> None:
    """Let `manage.py verify` ask `handler` of a file: its answer is for programs, and `sentence` in it for people."""
    if _tellers.setdefault(name, handler) is not handler:
        raise ValueError(f"Two tellers named {name}")


def projections_of(contract: str, event: str) -> list[Projection]:
    return _projections.get((contract, event), [])


def outcome_of(kind: str) -> Outcome | None:
    return _outcomes.get(kind)


def tellers() -> list[tuple[str, Teller]]:
    return sorted(_tellers.items())


def auditors() -> list[tuple[str, Auditor]]:
    return sorted(_auditors.items())
