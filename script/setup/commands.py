"""Runs the tools of the set-up, logs what they print, and turns their failures into one sentence."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .telling import Refusal

_CAUSES = (
    (("no space left on device", "enospc", "disk quota exceeded"), "the disk is full: free some space"),
    (
        ("hash mismatch", "do not match the hashes", "eintegrity", "integrity checksum failed"),
        "what the registry delivered is not what the lock names: check the registry or mirror in use",
    ),
    (
        ("unknownissuer", "certificate verify failed", "self-signed certificate", "self_signed_cert", "issuer cert"),
        "the package registry's certificate is not trusted here: name the file with your network's authority in "
        "SSL_CERT_FILE, PIP_CERT and NODE_EXTRA_CA_CERTS",
    ),
    (
        (
            "dns error",
            "failed to fetch",
            "error sending request",
            "could not connect",
            "connection refused",
            "network is unreachable",
            "name resolution",
            "enotfound",
            "econnrefused",
            "etimedout",
            "eai_again",
            "newconnectionerror",
            "no matching distribution",
            "certificate",
        ),
        "the package registry cannot be reached: check the network, or name a mirror "
        "(UV_DEFAULT_INDEX and PIP_INDEX_URL for Python, npm_config_registry for npm)",
    ),
    (
        ("permission denied", "eacces"),
        "a folder cannot be written: give the checkout to the user who runs this",
    ),
)


def failure_of(output: str) -> str:
    """The cause of a failed tool in words, or its own last line."""
    lowered = output.lower()
    for signs, cause in _CAUSES:
        if any(sign in lowered for sign in signs):
            return cause
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """What the tool printed. Raises Refusal, naming the cause and the log, when it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise Refusal(f"{what} failed: {words[0]} cannot be run ({error.strerror}).") from error
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(f"$ {shlex.join(words)}\n{done.stdout}\n")
    if done.returncode != 0:
        raise Refusal(f"{what} failed: {failure_of(done.stdout)} (all of it is in {log}).")
    return done.stdout


def answer_of(command: Sequence[str | Path], *, timeout: float = 20) -> str | None:
    """The stripped output of a quick command, or None when it is absent, fails or hangs."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def without_proxy_for_loopback(env: Mapping[str, str]) -> dict[str, str]:
    """The environment in which clients reach 127.0.0.1 directly even where a proxy is configured."""
    hosts = [host for host in env.get("NO_PROXY", env.get("no_proxy", "")).split(",") if host]
    hosts += [host for host in ("127.0.0.1", "localhost") if host not in hosts]
    return {**env, "NO_PROXY": ",".join(hosts), "no_proxy": ",".join(hosts)}


def require_disk(folder: Path, *, gigabytes: float) -> None:
    """Raises Refusal when the disk of the folder has less free space than the coming steps take."""
    free = shutil.disk_usage(folder).free / 1e9
    if free < gigabytes:
        raise Refusal(
            f"The disk of {folder} has {free:.1f} GB free and {gigabytes:g} GB are needed: "
            "free some space and run this again."
        )


def clean_environment() -> dict[str, str]:
    """The caller's environment without what would bend our own tools (another venv, another PostgreSQL).

    Nor may it forbid to keep bytecode: every process of ours would compile all that it imports, for seconds.
    """
    bent = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE"}
    kept = {k: v for k, v in os.environ.items() if k not in bent and not (k.startswith("PG") and k != "PG_COLOR")}
    return without_proxy_for_loopback(kept)
