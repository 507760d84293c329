"""Finds a supported Python. This file alone must run on older Pythons too (3.6): they run it to say so."""

import os
import platform
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 13)
REPLACEMENTS = ("DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URL")


def require_supported(root: str) -> None:
    """Return under a supported Python and platform; else run again under one from PATH, or refuse."""
    replaced = all(os.environ.get(name) for name in REPLACEMENTS)
    problem = platform_problem(platform.system(), platform.machine(), platform.libc_ver()[0], replaced)
    if problem:
        sys.exit(problem)
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for candidate in _candidates(root):
        if _is_supported(candidate):
            os.execv(candidate, [candidate, *sys.argv])  # noqa: S606 - the same script, another Python
    sys.exit(
        f"Loomprint needs Python 3.11, 3.12 or 3.13 and this is {platform.python_version()}: install one "
        "(for example the package python3.11) so that it is on PATH, and run this again."
    )


def platform_problem(system: str, machine: str, libc: str, all_replaced: bool) -> str:
    """One sentence when the services cannot be started on this platform, else nothing."""
    if system == "Linux" and ((machine in ("x86_64", "amd64") and libc == "glibc") or all_replaced):
        return ""
    names = "DATABASE_URL (PostgreSQL), REDIS_URL (Redis) and CHAIN_RPC_URL (an Ethereum node)"
    if system != "Linux":
        return (
            f"Loomprint starts on Linux x86-64 and this is {system} {machine}: use a Linux virtual machine, "
            f"or run manage.py with {names} set to services of your own."
        )
    without = "" if libc == "glibc" else " without glibc"
    return (
        f"Loomprint starts its own services on Linux x86-64 with glibc and this is Linux {machine}{without}: "
        f"set {names} to services of your own and run this again."
    )


def _candidates(root: str) -> "list[str]":
    folders = os.environ.get("PATH", "").split(os.pathsep)
    names = ["python3.13", "python3.12", "python3.11"]
    on_path = [os.path.join(folder or ".", name) for name in names for folder in folders]
    return [os.path.join(root, ".venv", "bin", "python"), *on_path]


def _is_supported(candidate: str) -> bool:
    """Whether it runs and is of a supported version. (A pyenv shim is there for absent versions too.)"""
    if not os.access(candidate, os.X_OK):
        return False
    question = "import sys; print(sys.version_info[0], sys.version_info[1])"
    try:
        answer = subprocess.check_output([candidate, "-c", question], stderr=subprocess.DEVNULL)
        return OLDEST <= tuple(int(part) for part in answer.split()) <= NEWEST
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False
