"""age tools that are not ours, to open what we encrypt: `age` on PATH, and npm's age-encryption as locked."""

import shutil
import subprocess
from pathlib import Path

import pytest

from designs.tests.node_programs import said_by_node

needs_age = pytest.mark.skipif(shutil.which("age") is None, reason="there is no age on PATH")


def opened_by_age(key: Path, ciphertext: Path, target: Path) -> bytes:
    """What the command that we tell buyers to use makes of a file, with the key file as they have it."""
    subprocess.run(["age", "-d", "-i", key, "-o", target, ciphertext], check=True, capture_output=True, timeout=60)
    return target.read_bytes()


def opened_by_typage(key: Path, ciphertext: Path, target: Path) -> bytes:
    """What the JavaScript implementation makes of a file. Installs the locked package at its first use."""
    said_by_node("age", "age_decrypt.mjs", key, ciphertext, target)
    return target.read_bytes()
