"""age tools that are not ours, to open what we encrypt: `age` on PATH, and npm's age-encryption as locked."""

import shutil
import subprocess
from pathlib import Path

from script.setup.node import ensure_tool_packages, node_for
from script.setup.paths import Home

DATA = Path(__file__).parent / "data"


def opened_by_age(identity: str, ciphertext: Path, folder: Path) -> bytes | None:
    """What the command that we tell buyers to use makes of a file; None where there is no `age`."""
    if shutil.which("age") is None:
        return None
    key, target = folder / "key.txt", folder / "by-age"
    key.write_text(identity + "\n")
    subprocess.run(["age", "-d", "-i", key, "-o", target, ciphertext], check=True, capture_output=True, timeout=60)
    return target.read_bytes()


def opened_by_typage(identity: str, ciphertext: Path, folder: Path) -> bytes:
    """What the JavaScript implementation makes of a file. Installs the locked package at its first use."""
    home = Home.of_checkout()
    node = node_for(home)
    packages = ensure_tool_packages(home, node, "age")
    target = folder / "by-typage"
    program = (DATA / "age_decrypt.mjs").read_text()
    # As a text, because imports of a file are looked for beside the file.
    subprocess.run(
        [node.node, "--input-type=module", "--eval", program, identity, ciphertext, target],
        cwd=packages,
        env=node.environment(),
        check=True,
        capture_output=True,
        timeout=300,
    )
    return target.read_bytes()
