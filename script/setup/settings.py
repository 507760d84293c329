"""The settings of a local start: secrets made once, and the file that leads a plain shell to it."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

# The order of secp256k1 (SEC 2): a private key is a number from 1 to one less.
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def read_pairs(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def write_pairs(path: Path, pairs: Mapping[str, str], *, heading: str) -> None:
    """Write the file readable by its owner alone, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"# {heading}\n" + "".join(f"{key}={value}\n" for key, value in pairs.items()))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def local_secrets(path: Path) -> dict[str, str]:
    """The keys of this state folder; made once and never changed (custody keys hang on them)."""
    known = read_pairs(path)
    wanted: dict[str, Callable[[], str]] = {
        "LOOMPRINT_SECRET_KEY": lambda: secrets.token_urlsafe(48),
        "OPERATOR_KEY": new_private_key,
        "CUSTODY_KEY": lambda: secrets.token_hex(32),
        "STORE_KEYS": lambda: f"first:{secrets.token_hex(32)}",
    }
    missing = {name: make() for name, make in wanted.items() if name not in known}
    if missing:
        known = {**known, **missing}
        write_pairs(
            path,
            known,
            heading="Made once by script/server. Losing CUSTODY_KEY loses the custody keys; STORE_KEYS, the copies.",
        )
    return known


def new_private_key() -> str:
    return f"0x{secrets.randbelow(SECP256K1_ORDER - 1) + 1:064x}"
