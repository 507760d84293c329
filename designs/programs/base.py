"""What every generative program has in common: a description, checked parameters and a provenance
statement.

Nothing here or in the programs imports Django, so that anybody can re-run a program from the command line
and compare the bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import math
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any, Self

LIBRARIES = ("numpy", "scipy", "scikit-image", "manifold3d", "pillow")
"""Libraries whose version can change the bytes of an output."""

SEED_LIMIT = 2**32


class ParameterError(ValueError):
    """A parameter is unknown, of the wrong type or outside its range; `name` says which one."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")


def number(default: float, minimum: float, maximum: float, unit: str, meaning: str) -> Any:
    """Declare a real parameter with its inclusive range and unit ("" for a ratio)."""
    return field(
        default=float(default),
        metadata={"minimum": minimum, "maximum": maximum, "unit": unit, "meaning": meaning},
    )


def count(default: int, minimum: int, maximum: int, unit: str, meaning: str) -> Any:
    """Declare a whole-number parameter with its inclusive range."""
    return field(
        default=default,
        metadata={"minimum": minimum, "maximum": maximum, "unit": unit, "meaning": meaning},
    )


def choice(default: str, choices: tuple[str, ...], meaning: str) -> Any:
    """Declare a parameter that is one of a few words."""
    return field(default=default, metadata={"choices": choices, "unit": "", "meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Base of all parameter sets: immutable, checked on creation, convertible from and to JSON values."""

    def __post_init__(self) -> None:
        for declared in dataclasses.fields(self):
            object.__setattr__(self, declared.name, _checked(declared, getattr(self, declared.name)))
        self.check_combination()

    def check_combination(self) -> None:
        """Refuse values that are fine alone and impossible together. Raises ParameterError."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Build from JSON values; names left out keep their defaults. Raises ParameterError."""
        known = {declared.name for declared in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise ParameterError(name, f"no such parameter; known are {', '.join(sorted(known))}")
        return cls(**values)

    @classmethod
    def from_text(cls, values: Mapping[str, str]) -> Self:
        """Build from words of a command line. Raises ParameterError."""
        types = {declared.name: declared.type for declared in dataclasses.fields(cls)}
        converted: dict[str, Any] = {}
        for name, text in values.items():
            try:
                converted[name] = {"int": int, "float": float}.get(str(types.get(name)), str)(text)
            except ValueError:
                raise ParameterError(name, f"{text!r} is not a number") from None
        return cls.from_mapping(converted)

    def as_json(self) -> dict[str, Any]:
        """All values, defaults included, as JSON values: what a provenance record states."""
        return dataclasses.asdict(self)


def _checked(declared: dataclasses.Field[Any], value: Any) -> Any:
    rules = declared.metadata
    if "choices" in rules:
        if value not in rules["choices"]:
            raise ParameterError(declared.name, f"must be one of {', '.join(rules['choices'])}, not {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, int if declared.type == "int" else int | float):
        expected = "a whole number" if declared.type == "int" else "a number"
        raise ParameterError(declared.name, f"must be {expected}, not {value!r}")
    if not math.isfinite(value) or not rules["minimum"] <= value <= rules["maximum"]:
        unit = f" {rules['unit']}" if rules["unit"] else ""
        raise ParameterError(
            declared.name, f"must be from {rules['minimum']} to {rules['maximum']}{unit}, not {value!r}"
        )
    return value if declared.type == "int" else float(value)


def checked_seed(seed: int) -> int:
    """Return the seed if it is a whole number from 0 to 2^32 - 1. Raises ParameterError."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise ParameterError("seed", f"must be a whole number from 0 to {SEED_LIMIT - 1}, not {seed!r}")
    return seed


def source_path(module_name: str) -> Path:
    """Where a module's source lies. Raises LookupError when it has none."""
    path = inspect.getsourcefile(import_module(module_name))
    if path is None:
        raise LookupError(f"{module_name} has no source file")
    return Path(path)


def source_hash(module_name: str) -> str:
    """SHA-256 of a module's source file, as lower-case hex: equal to what `sha256sum` prints for it."""
    return hashlib.sha256(source_path(module_name).read_bytes()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Program:
    """Description of a generative program.

    `shared_modules` are the modules beside the program's own that shape its output; their hashes belong to
    its provenance as much as its own does.
    """

    slug: str
    name: str
    version: str
    media_type: str
    extension: str
    summary: str
    module: str
    parameters_type: type[Parameters]
    shared_modules: tuple[str, ...] = ()

    @property
    def generate(self) -> Callable[[Any, int], bytes]:
        """The program's `generate(parameters, seed)`."""
        function: Callable[[Any, int], bytes] = import_module(self.module).generate
        return function

    def program_hash(self) -> str:
        """SHA-256 of the program's own source, lower-case hex."""
        return source_hash(self.module)

    def stamp(self, parameters: Parameters, seed: int) -> dict[str, Any]:
        """What a file says about itself: nothing that depends on where it was made."""
        return {
            "program": self.slug,
            "version": self.version,
            "parameters": parameters.as_json(),
            "seed": checked_seed(seed),
        }

    def provenance(self, parameters: Parameters, seed: int) -> dict[str, Any]:
        """State everything needed to make the same bytes again, as JSON values."""
        return {
            **self.stamp(parameters, seed),
            "program_sha256": self.program_hash(),
            "shared_sha256": {name.rpartition(".")[2]: source_hash(name) for name in self.shared_modules},
            "environment": {
                "python": platform.python_version(),
                "machine": platform.machine(),
                **{name: library_version(name) for name in LIBRARIES},
            },
        }
