"""age tools that are not ours, to open what we encrypt: `age` on PATH, and npm's age-encryption as locked."""

import shutil
import subprocess
from pathlib import Path

from designs.tests.node_programs import said_by_node


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
    target = folder / "by-typage"
    said_by_node("age", "age_decrypt.mjs", identity, ciphertext, target)
    return target.read_bytes()
