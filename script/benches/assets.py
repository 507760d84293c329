"""What a file costs between upload and proof. So far: its SHA-256 and CID in one pass, against openssl.

The peer runs twice over the same file, because two digests are made: of the whole and of every chunk of 1 MiB.
"""

import os
import shutil
import subprocess
import time
from importlib import import_module
from pathlib import Path

from script.setup.paths import Home
from script.setup.telling import Refusal

from .report import Peer, Report, Row

SIZE = 512 * 1024**2
PIECE = 4 * 1024**2
ROUNDS = 5


def measure() -> Report:
    """Raises Refusal where there is no openssl to compare with."""
    openssl = shutil.which("openssl")
    if not openssl:
        raise Refusal("openssl is not on PATH: there is nothing to compare with.")
    home = Home.of_checkout()
    home.make()
    path = home.var / "bench-assets.bin"
    try:
        with path.open("wb") as file:
            for _ in range(SIZE // PIECE):
                file.write(os.urandom(PIECE))
        # In turn, so that what else the machine does falls on both; the best of each is the least disturbed.
        rounds = [(_openssl_twice(openssl, path), _addressed(path)) for _ in range(ROUNDS)]
    finally:
        path.unlink(missing_ok=True)
    theirs, ours = (min(some) for some in zip(*rounds, strict=True))
    return Report(
        "assets",
        [
            Row("assets.address_ratio_openssl", theirs / ours, "x", 0.8, "higher", Peer("openssl sha256 twice", 1.0)),
            Row("assets.address_mb_per_s", SIZE / 1e6 / ours, "MB/s", None, "higher"),
        ],
        [
            f"{SIZE} random bytes in the page cache, best of {ROUNDS}, {os.cpu_count()} cores",
            f"ours {ours:.3f} s, openssl twice {theirs:.3f} s",
        ],
    )


def _openssl_twice(openssl: str, path: Path) -> float:
    began = time.monotonic()
    for _ in range(2):
        subprocess.run([openssl, "sha256", path], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def _addressed(path: Path) -> float:
    """The loop of the upload, without writing."""
    address_of = import_module("designs.addresses").address_of
    began = time.monotonic()
    with path.open("rb") as stream:
        address_of(stream)
    return time.monotonic() - began
