"""What the demo is made of: people, designs with true parameters, and sales."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designs.programs import PROGRAMS
from designs.programs.base import Parameters

SHARE_UNITS = 1_000_000
TUSD = 1_000_000
"""Base units of one test dollar (6 decimals)."""


@dataclass(frozen=True)
class DemoPerson:
    """An account of the demo; `email` is at a reserved domain (RFC 2606)."""

    key: str
    display_name: str
    email: str
    is_creator: bool


@dataclass(frozen=True, kw_only=True)
class DemoDesign:
    """One design of the demo.

    `cocreators` are (person key, role, share units); the creator holds the rest of 1,000,000. `offers` are
    (license template code, price in base units of tUSD). `parents` are titles of designs that this one derives
    from; `derived_ppm` is what it asks of works that derive from it, None where none may. `sales` are
    (buyer's key, license template code), one after the other.
    """

    program: str
    parameters: Parameters
    seed: int
    title: str
    description: str
    tags: tuple[str, ...]
    disclosure: str
    creator_key: str
    creator_role: str
    cocreators: tuple[tuple[str, str, int], ...] = ()
    offers: tuple[tuple[str, int], ...]
    parents: tuple[str, ...] = ()
    derived_ppm: int | None = None
    sales: tuple[tuple[str, str], ...] = ()

    @property
    def creator_units(self) -> int:
        """Share units left to the creator."""
        return SHARE_UNITS - sum(units for _, _, units in self.cocreators)

    @property
    def filename(self) -> str:
        """Name for the master file, from the title."""
        words = "".join(c if c.isalnum() else " " for c in self.title.lower()).split()
        return f"{'-'.join(words)}.{PROGRAMS[self.program].extension}"

    @property
    def media_type(self) -> str:
        """Media type of the master file."""
        return PROGRAMS[self.program].media_type

    def generate(self) -> bytes:
        """Make the master file; takes some seconds."""
        return PROGRAMS[self.program].generate(self.parameters, self.seed)

    def provenance(self) -> dict[str, Any]:
        """Program, hashes, parameters, seed and environment, as JSON values."""
        return PROGRAMS[self.program].provenance(self.parameters, self.seed)


def write_master(design: DemoDesign, target: Path) -> None:
    """Make the master file at `target`; nothing is there until it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.write_bytes(design.generate())
    fresh.replace(target)
