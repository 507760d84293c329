"""script/lock: resolve the requirements anew, with hashes, for every supported Python, naming no registry."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from .commands import clean_environment, run
from .packages import uv_for
from .paths import ROOT, Home
from .telling import Refusal, say, step


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="script/lock",
        description="Write requirements.txt and requirements-dev.txt from their .in files. Pins stay "
        "where they are unless --upgrade or --upgrade-package asks for newer ones.",
    )
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    parser.add_argument("--upgrade-package", action="append", default=[], metavar="NAME", help="of this one")
    options = parser.parse_args(arguments)
    words = ["--upgrade"] if options.upgrade else []
    for name in options.upgrade_package:
        words += ["--upgrade-package", name]
    home = Home.of_checkout()
    home.make()
    try:
        with step("requirements.txt"):
            _compile(home, "requirements.in", "requirements.txt", *words)
        with step("requirements-dev.txt"):
            # Constrained by the runtime lock, so that the development environment contains it exactly.
            _compile(home, "requirements-dev.in", "requirements-dev.txt", "-c", "requirements.txt", *words)
    except Refusal as refusal:
        say(str(refusal))
        return 1
    return 0


def _compile(home: Home, source: str, lock: str, *words: str) -> None:
    command: list[str | Path] = [uv_for(home), "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", "3.11", "--generate-hashes", "--custom-compile-command", "script/lock"]
    env = clean_environment()
    run(
        [*command, *words, source, "-o", lock],
        what=f"Locking {source}",
        log=home.log / "lock.log",
        cwd=ROOT,
        env=env,
    )
    if re.search(r"https?://", (ROOT / lock).read_text()):
        raise Refusal(f"{lock} names a host: take the requirement that is given by address out of {source}.")
