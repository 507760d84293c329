"""The Python side of the set-up: uv, the virtual environment, the locked packages, tools out of wheels."""

import os
import shutil
import ssl
import sys
from pathlib import Path

from . import stamps
from .commands import answer_of, clean_environment, require_disk, run
from .paths import LOCKS, ROOT, VENV, VENV_PYTHON, Home
from .telling import Refusal, say

RUNTIME_LOCK = ROOT / "requirements.txt"
DEVELOPMENT_LOCK = ROOT / "requirements-dev.txt"
# A fresh environment takes 1.5 GB, 1.9 GB with the development extras, and as much again in uv's cache.
FRESH_INSTALL_GB = 4.0
WHEELS_BY_HASH = ("--no-deps", "--only-binary", ":all:", "--require-hashes")


def _log(home: Home) -> Path:
    return home.log / "setup.log"


def uv_for(home: Home) -> Path:
    """uv from PATH, else the locked one, installed by pip. Raises Refusal when there is no pip either."""
    on_path = shutil.which("uv")
    if on_path and answer_of([on_path, "--version"]):
        return Path(on_path)
    lock = LOCKS / "uv.txt"
    folder = home.tools / "uv"
    binary = folder / "bin" / "uv"
    wanted = stamps.fingerprint(lock)
    if binary.is_file() and stamps.is_current(folder / ".stamp", wanted):
        return binary
    shutil.rmtree(folder, ignore_errors=True)
    pip: list[str | Path] = [sys.executable, "-m", "pip"]
    if answer_of([*pip, "--version"]) is None:
        pip = [_venv_with_pip(home), "-m", "pip"]
    run(
        [*pip, "install", "--quiet", *WHEELS_BY_HASH, "--target", folder, "-r", lock],
        what="Installing uv",
        log=_log(home),
        env=_pip_environment(),
    )
    stamps.write(folder / ".stamp", wanted)
    return binary


def locked_environment(home: Home, name: str) -> Path:
    """The folder of a virtual environment with what script/setup/locks/NAME.txt names, installed at its first use."""
    lock = LOCKS / f"{name}.txt"
    folder = home.tools / name
    wanted = stamps.fingerprint(lock, sys.version)
    if not stamps.is_current(folder / ".stamp", wanted):
        shutil.rmtree(folder, ignore_errors=True)
        log, env = _log(home), uv_environment()
        uv = uv_for(home)
        make: list[str | Path] = [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, folder]
        run(make, what=f"Making the environment of {name}", log=log, env=env)
        install: list[str | Path] = [uv, "pip", "install", "--quiet", *WHEELS_BY_HASH]
        install += ["--python", folder / "bin" / "python", "-r", lock]
        run(install, what=f"Installing {name}", log=log, env=env)
        stamps.write(folder / ".stamp", wanted)
    return folder


def _venv_with_pip(home: Home) -> Path:
    folder = home.tools / "pip"
    python = folder / "bin" / "python"
    if answer_of([python, "-m", "pip", "--version"]) is None:
        shutil.rmtree(folder, ignore_errors=True)
        if answer_of([sys.executable, "-m", "venv", folder], timeout=120) is None:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise Refusal(
                f"Python {version} has neither pip nor a working venv (ensurepip is missing): install the "
                f"package python{version}-venv, or put uv on PATH, and run this again."
            )
    return python


def _pip_environment() -> dict[str, str]:
    return {**clean_environment(), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def uv_environment() -> dict[str, str]:
    """uv reads no pip.conf: a mirror configured for pip is handed on, unless uv has one of its own."""
    env = clean_environment()
    if not any(name.startswith(("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX")) for name in env):
        mirror = env.get("PIP_INDEX_URL") or answer_of(
            [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        )
        if mirror:
            env["UV_DEFAULT_INDEX"] = mirror
    if _machine_trusts_authorities():
        env.setdefault("UV_SYSTEM_CERTS", "1")
    return {**env, "UV_NO_PROGRESS": "1"}


def _machine_trusts_authorities() -> bool:
    """uv believes its own list only, and a company's network often has an authority of its own, which pip knows."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile is not None or (paths.capath is not None and any(os.scandir(paths.capath)))


def ensure_venv(home: Home) -> None:
    """Make .venv, or make it anew when its Python is gone or unsupported."""
    found = answer_of([VENV_PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    if found in {"3.11", "3.12", "3.13"}:
        return
    if VENV.exists():
        if not (VENV / "pyvenv.cfg").is_file():
            raise Refusal(f"{VENV} is in the way and is no virtual environment: move it and run this again.")
        say("  …   .venv is of a Python that is gone or not supported: making it anew")
        shutil.rmtree(VENV)
    require_disk(ROOT, gigabytes=FRESH_INSTALL_GB)
    run(
        [uv_for(home), "venv", "--quiet", "--no-project", "--python", sys.executable, VENV],
        what="Making .venv",
        log=_log(home),
        env=uv_environment(),
    )


def sync_requirements(home: Home, *, development: bool) -> str:
    """Bring .venv to the lock, unless it is there already. What was done, in words."""
    lock = DEVELOPMENT_LOCK if development else RUNTIME_LOCK
    version = answer_of([VENV_PYTHON, "-c", "import sys; print(sys.version)"]) or ""
    wanted = stamps.fingerprint(lock, version)
    stamp = VENV / (".development-lock" if development else ".runtime-lock")
    if stamps.is_current(stamp, wanted):
        return "as locked"
    words: list[str | Path] = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", lock]
    what = f"Installing {lock.name}"
    try:
        # Compiled once, as pip does: else each process compiles Django anew where bytecode is not written.
        uv = [uv_for(home), "pip", *words, "--compile-bytecode", "--python", VENV_PYTHON]
        run(uv, what=what, log=_log(home), env=uv_environment())
    except Refusal as refusal:
        pip = [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON)]
        if not _pip_has_own_settings() or answer_of([sys.executable, "-m", "pip", "--version"]) is None:
            raise
        say(f"  …   uv: {refusal}")
        say("  …   pip has settings of its own here and tries now; it takes some two minutes")
        run([*pip, *words], what=what, log=_log(home), env=_pip_environment())
    stamps.write(stamp, wanted)
    if development:
        # The development lock contains the runtime one (script/lock constrains it so).
        stamps.write(VENV / ".runtime-lock", stamps.fingerprint(RUNTIME_LOCK, version))
    return f"{sum(1 for line in lock.read_text().splitlines() if '==' in line)} pins installed"


def _pip_has_own_settings() -> bool:
    listed = answer_of([sys.executable, "-m", "pip", "config", "list"]) or ""
    return any(word in listed for word in ("index-url", "find-links", "proxy"))


def unpack_wheel(home: Home, name: str, *, foreign: bool = False) -> Path:
    """The folder of a locked wheel unpacked apart from .venv, hash-checked.

    `foreign` takes the wheel made for CPython 3.11 on Linux x86-64 whatever Python runs this: it is
    unpacked for the binary inside and never imported.
    """
    lock = LOCKS / f"{name}.txt"
    folder = home.tools / name
    wanted = stamps.fingerprint(lock)
    if stamps.is_current(folder / ".stamp", wanted):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    command: list[str | Path] = [uv_for(home), "pip", "install", "--quiet", *WHEELS_BY_HASH]
    command += ["--target", folder, "--python", sys.executable, "-r", lock]
    if foreign:
        command += ["--python-version", "3.11", "--python-platform", "x86_64-manylinux2014"]
    run(command, what=f"Fetching {name}", log=_log(home), env=uv_environment())
    stamps.write(folder / ".stamp", wanted)
    return folder


def site_packages() -> Path:
    """The folder of installed packages in .venv."""
    return next((VENV / "lib").glob("python3.*/site-packages"))


def path_with(*folders: Path) -> str:
    """PATH with these folders first."""
    return os.pathsep.join([*(str(folder) for folder in folders), os.environ.get("PATH", os.defpath)])
