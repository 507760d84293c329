"""The ledger's arithmetic a second time, in plain integers: who is owed what by one entry in one currency.

`owed` is kept times 1,000,000 (the share units of an entry), as the contract keeps it; a payout takes whole
base units away and leaves the remainder. docs/contracts says why this is exact.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from common.identifiers import ZERO_ADDRESS

SUPPLY = 1_000_000
# The fee at deployment; royalties.selectors.fee_ppm knows what became of it.
FEE_PPM = 50_000


@dataclass(frozen=True)
class Movement:
    """Share units passing from one holder to another; from the zero address at registration."""

    sender: str
    receiver: str
    units: int


@dataclass(frozen=True)
class Revenue:
    """The holders' part of a deposit, or what a descendant's revenue brought the entry; base units."""

    own: int


@dataclass(frozen=True)
class Paid:
    holder: str
    amount: int


Entry = Movement | Revenue | Paid


class LedgerError(Exception):
    """The sequence cannot have happened: someone moved or was paid more than they had."""


class EntryLedger:
    """Replays one entry's events in chain order."""

    def __init__(self) -> None:
        self.units: dict[str, int] = defaultdict(int)
        self.owed: dict[str, int] = defaultdict(int)

    def apply(self, events: Iterable[Entry]) -> "EntryLedger":
        for event in events:
            match event:
                case Movement():
                    self._move(event)
                case Revenue():
                    for holder, units in self.units.items():
                        self.owed[holder] += units * event.own
                case Paid():
                    self._pay(event)
        return self

    def claimable(self, holder: str) -> int:
        """Whole base units the holder could take now."""
        return self.owed[holder] // SUPPLY

    def holders(self) -> list[str]:
        """Everyone who holds units or is owed something."""
        return sorted({h for h, units in self.units.items() if units} | {h for h, owed in self.owed.items() if owed})

    def _move(self, event: Movement) -> None:
        if event.sender != ZERO_ADDRESS:
            if self.units[event.sender] < event.units:
                raise LedgerError(f"{event.sender} moved {event.units} of {self.units[event.sender]} units")
            self.units[event.sender] -= event.units
        if event.receiver != ZERO_ADDRESS:
            self.units[event.receiver] += event.units

    def _pay(self, event: Paid) -> None:
        if self.claimable(event.holder) < event.amount:
            raise LedgerError(f"{event.holder} was paid {event.amount} of {self.claimable(event.holder)}")
        self.owed[event.holder] -= event.amount * SUPPLY
