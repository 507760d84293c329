"""Whose money it is: every payment divided exactly, at the moment it arrives, among those who hold units then."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

UNITS = 1_000_000
MILLION = 1_000_000
HALF = 500_000
MAX_ANCESTORS = 64
# Of an entry's lifetime money in one currency.
LIMIT = 2**96 - 1

Entry = Hashable
Currency = Hashable
Holder = Hashable


class Refused(Exception):
    """The operation is not allowed, and nothing has changed."""


@dataclass(frozen=True)
class Parent:
    """An entry that a new one derives from, and the parts per million that it demands of the new one's money.

    `binding`: everything that descends from the new entry owes them as well.
    """

    entry: Entry
    ppm: int
    binding: bool = False


@dataclass(frozen=True)
class Line:
    """An ancestor's parts per million of an entry's money, and how many of them bind the entry's children too."""

    ppm: int
    binding: int


@dataclass
class _Purse:
    """One entry's money in one currency.

    `gross` and `fee` are exact lifetime sums, `fee` of what each deposit owed the platform. `credit` is each holder's
    exact part of all that came while they held units, `paid` what they were paid of it.
    """

    gross: int = 0
    fee: Fraction = Fraction(0)
    inbound: int = 0
    credit: dict[Holder, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    paid: dict[Holder, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def net(self) -> int:
        """The platform gets whole units of all it is owed; the fraction waits for the next deposit."""
        return self.gross - floor(self.fee)


class Ledger:
    """Every operation is done whole, or raises Refused."""

    def __init__(self, currencies: Sequence[Currency], *, fee_ppm: int = 0) -> None:
        self.currencies = list(currencies)
        self.fee_ppm = fee_ppm
        self.lines: dict[Entry, dict[Entry, Line]] = {}
        self.units: dict[Entry, dict[Holder, int]] = {}
        self._purses: dict[tuple[Entry, Currency], _Purse] = {}
        self._settled: dict[tuple[Entry, Entry, Currency], int] = defaultdict(int)
        self._fees_withdrawn: dict[Currency, int] = defaultdict(int)

    # ------------------------------------------------------------------ entries and units

    def register(self, entry: Entry, units: Mapping[Holder, int], parents: Sequence[Parent] = ()) -> None:
        """A new entry: its first holders, and for ever its ancestors."""
        if entry in self.units or any(parent.entry not in self.units for parent in parents):
            raise Refused("the entry is known, or a parent is not")
        if sum(units.values()) != UNITS or min(units.values()) <= 0:
            raise Refused("the units do not add up")
        lines = self._lines_under(parents)
        if sum(line.ppm for line in lines.values()) > HALF or len(lines) > MAX_ANCESTORS:
            raise Refused("too much for ancestors, or too many of them")
        self.lines[entry] = lines
        self.units[entry] = dict(units)
        for currency in self.currencies:
            self._purses[entry, currency] = _Purse()

    def _lines_under(self, parents: Sequence[Parent]) -> dict[Entry, Line]:
        """A parent gets what it demands. Of that it passes on, in whole millionths, what it owes by diluting terms
        itself; what it owes by binding terms its child owes on top of it. Whatever comes to one ancestor by several
        ways is added up."""
        owed: dict[Entry, int] = defaultdict(int)
        binding: dict[Entry, int] = defaultdict(int)
        for parent in parents:
            left = parent.ppm
            for ancestor, line in self.lines[parent.entry].items():
                passed_on = floor(Fraction(line.ppm - line.binding, MILLION) * parent.ppm)
                owed[ancestor] += passed_on + line.binding
                binding[ancestor] += line.binding
                left -= passed_on
            owed[parent.entry] += left
            binding[parent.entry] += left if parent.binding else 0
        direct = {parent.entry for parent in parents}
        return {entry: Line(ppm, binding[entry]) for entry, ppm in owed.items() if ppm or entry in direct}

    def transfer(self, entry: Entry, sender: Holder, receiver: Holder, units: int) -> None:
        """What comes from now on goes with the units; what has come does not."""
        held = self.units[entry]
        if held.get(sender, 0) < units:
            raise Refused("more units than the sender has")
        held[sender] = held.get(sender, 0) - units
        held[receiver] = held.get(receiver, 0) + units

    # ------------------------------------------------------------------ money in

    def sell(self, entry: Entry, currency: Currency, gross: int) -> None:
        """Money from a sale, renewal or unit report: the platform's fee goes off first."""
        self._receive(entry, currency, gross, Fraction(self.fee_ppm, MILLION))

    def donate(self, entry: Entry, currency: Currency, gross: int) -> None:
        """Money without a fee: a donation, secondary royalties, a resale."""
        self._receive(entry, currency, gross, Fraction(0))

    def settle(self, ancestor: Entry, currency: Currency, descendants: Sequence[Entry]) -> int:
        """Pays an ancestor's holders its part of what these descendants have had, less what was settled before."""
        parts = {descendant: self.unsettled(descendant, ancestor, currency) for descendant in descendants}
        amount = sum(parts.values())
        purse = self._purses[ancestor, currency]
        if purse.inbound + amount > LIMIT:
            raise Refused("more than an entry can have")
        for descendant, part in parts.items():
            self._settled[descendant, ancestor, currency] += part
        purse.inbound += amount
        self._divide(ancestor, currency, amount)
        return amount

    # ------------------------------------------------------------------ money out

    def claim(self, holder: Holder, entry: Entry, currency: Currency) -> int:
        """Pays whole units; the fraction stays the holder's."""
        amount = self.claimable(holder, entry, currency)
        if amount == 0:
            raise Refused("there is nothing to pay")
        self._purses[entry, currency].paid[holder] += amount
        return amount

    def claim_for(self, holders: Sequence[Holder], entry: Entry, currency: Currency) -> int:
        """Pays each their own; who has nothing to get is passed over."""
        due = [holder for holder in dict.fromkeys(holders) if self.claimable(holder, entry, currency)]
        return sum(self.claim(holder, entry, currency) for holder in due)

    def withdraw_fees(self, currency: Currency) -> int:
        amount = self.fees_held(currency)
        if amount == 0:
            raise Refused("there is nothing to pay")
        self._fees_withdrawn[currency] += amount
        return amount

    # ------------------------------------------------------------------ reading

    def claimable(self, holder: Holder, entry: Entry, currency: Currency) -> int:
        """What a holder would be paid now."""
        purse = self._purses[entry, currency]
        return floor(purse.credit.get(holder, Fraction(0)) - purse.paid.get(holder, 0))

    def unsettled(self, descendant: Entry, ancestor: Entry, currency: Currency) -> int:
        """What an ancestor would get of a descendant's money now."""
        line = self.lines[descendant].get(ancestor)
        if line is None:
            return 0
        earned = floor(self._purses[descendant, currency].net * Fraction(line.ppm, MILLION))
        return earned - self._settled[descendant, ancestor, currency]

    def fees_held(self, currency: Currency) -> int:
        collected = sum(floor(purse.fee) for (_, other), purse in self._purses.items() if other == currency)
        return collected - self._fees_withdrawn[currency]

    def balance(self, currency: Currency) -> int:
        """All that came in and has not gone out."""
        purses = [purse for (_, other), purse in self._purses.items() if other == currency]
        came = sum(purse.gross for purse in purses)
        return came - sum(sum(purse.paid.values()) for purse in purses) - self._fees_withdrawn[currency]

    def totals(self, entry: Entry, currency: Currency) -> tuple[int, int, int, int]:
        """Lifetime sums: net of fees, the holders' own, reserved for ancestors, inbound from descendants."""
        purse, reserved = self._purses[entry, currency], self._reserved(entry, currency)
        return purse.net, purse.net - reserved + purse.inbound, reserved, purse.inbound

    # ------------------------------------------------------------------ inside

    def _receive(self, entry: Entry, currency: Currency, gross: int, rate: Fraction) -> None:
        purse = self._purses[entry, currency]
        if gross <= 0:
            raise Refused("a deposit of nothing")
        if purse.net + gross > LIMIT:
            raise Refused("more than an entry can have")
        before = self.totals(entry, currency)[1]
        purse.gross += gross
        purse.fee += gross * rate
        self._divide(entry, currency, self.totals(entry, currency)[1] - before)

    def _reserved(self, entry: Entry, currency: Currency) -> int:
        """All ancestors' part together, in whole units of the lifetime sum."""
        stack = Fraction(sum(line.ppm for line in self.lines[entry].values()), MILLION)
        return floor(self._purses[entry, currency].net * stack)

    def _divide(self, entry: Entry, currency: Currency, amount: int) -> None:
        credit = self._purses[entry, currency].credit
        for holder, units in self.units[entry].items():
            credit[holder] += amount * Fraction(units, UNITS)
