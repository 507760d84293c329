"""What a bench answers, for people and for machines."""

import json
from dataclasses import asdict, dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Peer:
    name: str
    value: float


@dataclass(frozen=True)
class Row:
    """One measured value. `id` is stable: targets elsewhere name it."""

    id: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["lower", "higher"] = "lower"
    peer: Peer | None = None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        met = self.value <= self.target if self.better == "lower" else self.value >= self.target
        return "ok" if met else "MISSED"


@dataclass(frozen=True)
class Report:
    bench: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps({"bench": self.bench, "rows": [asdict(row) for row in self.rows], "notes": self.notes})

    def as_table(self) -> str:
        lines = [f"  {'what':<36} {'value':>12} {'unit':<10} {'target':>12}  {'':<7} peer"]
        for row in self.rows:
            target = "" if row.target is None else f"{row.target:g}"
            peer = f"{row.peer.name} {row.peer.value:g}" if row.peer else ""
            lines.append(f"  {row.id:<36} {row.value:>12.6g} {row.unit:<10} {target:>12}  {row.verdict:<7} {peer}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
