"""Finds a Chromium for the browser tests."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from .commands import answer_of, run
from .paths import Home
from .telling import Refusal, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_for(home: Home) -> Path:
    """CHROMIUM_PATH, the system's, Playwright's, or (root on Debian) one installed by apt. Raises Refusal."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if not _runs(Path(named)):
            raise Refusal(f"CHROMIUM_PATH is {named}, which does not run: correct it, or unset it.")
        return Path(named)
    for candidate in _candidates():
        if _runs(candidate):
            return candidate
    if os.geteuid() == 0 and Path("/etc/debian_version").is_file() and shutil.which("apt-get"):
        say("  …   no Chromium here: installing Debian's")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        log = home.log / "setup.log"
        run(["apt-get", "update", "-qq"], what="apt-get update", log=log, env=quiet)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        run(install, what="Installing Chromium", log=log, env=quiet)
        found = shutil.which("chromium")
        if found and _runs(Path(found)):
            return Path(found)
    raise Refusal(
        "The browser tests need Chromium and there is none: install the package chromium, run "
        "`.venv/bin/playwright install chromium`, or set CHROMIUM_PATH; --no-browser leaves these tests out."
    )


def _candidates() -> Iterator[Path]:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)
    own = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    cache = Path(own) if own and own != "0" else Path.home() / ".cache" / "ms-playwright"
    for pattern in ("chromium-*/chrome-linux*/chrome", "chromium_headless_shell-*/*/*headless*shell*"):
        yield from sorted(cache.glob(pattern), reverse=True)


def _runs(binary: Path) -> bool:
    """A snap launcher or a half-installed browser is there and does not run."""
    return answer_of([binary, "--version"], timeout=60) is not None
