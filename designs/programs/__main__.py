"""Run a generative program: `python -m designs.programs NAME --out FILE [--seed N] [--set key=value ...]`."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import sys
import time
from pathlib import Path

from designs.programs import PROGRAMS, ParameterError, Program


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, write the file and print its provenance. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m designs.programs", description=__doc__)
    parser.add_argument("name", choices=sorted(PROGRAMS), help="the program")
    parser.add_argument("--out", type=Path, help="file to write; without it the parameters are listed")
    parser.add_argument("--seed", type=int, default=1, help="whole number from 0 to 4294967295 (default 1)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a parameter")
    options = parser.parse_args(arguments)
    program = PROGRAMS[options.name]
    if options.out is None:
        _list(program)
        return 0
    try:
        settings = dict(_pair(text) for text in options.set)
        parameters = program.parameters_type.from_text(settings)
        provenance = program.provenance(parameters, options.seed)
        started = time.monotonic()
        content = program.generate(parameters, options.seed)
    except (ParameterError, ValueError) as refusal:
        print(refusal, file=sys.stderr)
        return 2
    options.out.write_bytes(content)
    print(json.dumps(provenance, indent=2))
    seconds = time.monotonic() - started
    print(
        f"{options.out}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}, {seconds:.1f} s",
        file=sys.stderr,
    )
    return 0


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ParameterError(text, "write --set key=value")
    return key.strip(), value.strip()


def _list(program: Program) -> None:
    print(f"{program.name} {program.version}: {program.summary} ({program.media_type})")
    for declared in dataclasses.fields(program.parameters_type):
        rules = declared.metadata
        span = ", ".join(rules["choices"]) if "choices" in rules else f"{rules['minimum']} to {rules['maximum']}"
        unit = f" {rules['unit']}" if rules["unit"] else ""
        print(f"  {declared.name} = {declared.default}{unit}  ({span})  {rules['meaning']}")


if __name__ == "__main__":
    sys.exit(main())
