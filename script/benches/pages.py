"""Lighthouse on home, search and a design, as a phone and as a desktop, against the server of this checkout.

Start `script/server` first and wait for its demo. Each figure is the median of three runs, from 0 to 100.
"""

import json
import os
import re
import statistics
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from script.setup.browser import chromium_for
from script.setup.node import ensure_tool_packages, node_for
from script.setup.paths import Home
from script.setup.telling import Refusal

from .report import Report, Row

RUNS = 3
# A busy machine loses a trace now and then; Lighthouse then asks to be run again.
TRIES = 3
Result = dict[str, Any]
TARGET = 95.0
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FORMS: dict[str, tuple[str, ...]] = {"phone": (), "desktop": ("--preset=desktop",)}
CHROME = "--headless=new --no-sandbox --disable-quic"


def measure() -> Report:
    """Raises Refusal where no server answers or it shows no design."""
    home = Home.of_checkout()
    address = address_of_server(home)
    tool = ensure_tool_packages(home, node_for(home), "lighthouse") / "node_modules" / "lighthouse" / "cli" / "index.js"
    pages = {"home": address, "search": f"{address}search/?q=lantern", "design": address + _first_design(address)}
    rows, faults = [], []
    for page, url in pages.items():
        for form, words in FORMS.items():
            runs = [_lighthouse(home, tool, url, words) for _ in range(RUNS)]
            faults += _faults(f"{page}.{form}", runs[-1])
            rows += [
                Row(f"pages.{page}.{form}.{category}", _score(runs, category), "of 100", TARGET, "higher")
                for category in CATEGORIES
            ]
    return Report("pages", rows, [f"median of {RUNS} runs, {os.cpu_count()} cores, the demo of script/server", *faults])


def address_of_server(home: Home) -> str:
    port = home.remembered().get("ports", {}).get("web")
    address = f"http://127.0.0.1:{port}/"
    try:
        _read(address + "health/")
    except OSError as error:
        raise Refusal(f"Nothing answers at {address}: start script/server and wait for its demo.") from error
    return address


def _first_design(address: str) -> str:
    found = re.search(r'href="/(d/[0-9a-f-]{36}/)"', _read(address))
    if not found:
        raise Refusal("The server shows no design yet: wait for its demo.")
    return found.group(1)


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 (a fixed local address)
        return str(answer.read().decode())


def _lighthouse(home: Home, tool: Path, url: str, words: tuple[str, ...]) -> Result:
    command: list[str | Path] = [
        node_for(home).node,
        tool,
        url,
        *words,
        "--quiet",
        "--output=json",
        f"--chrome-flags={CHROME}",
    ]
    environment = {**os.environ, "CHROME_PATH": str(chromium_for(home))}
    for _ in range(TRIES):
        done = subprocess.run(
            [*command, f"--only-categories={','.join(CATEGORIES)}"], env=environment, capture_output=True, text=True
        )
        if done.returncode == 0:
            report: Result = json.loads(done.stdout)
            return report
    raise Refusal(f"Lighthouse failed on {url}: {done.stderr.strip()[-300:]}")


def _score(runs: list[Result], category: str) -> float:
    return float(statistics.median(100 * run["categories"][category]["score"] for run in runs))


def _faults(where: str, run: Result) -> list[str]:
    """What Lighthouse holds against the page outside of its timings."""
    weighed = {
        ref["id"]
        for category in CATEGORIES[1:]
        for ref in run["categories"][category]["auditRefs"]
        if ref["weight"] > 0
    }
    return [
        f"{where}: {audit['title']}"
        for name, audit in run["audits"].items()
        if name in weighed and audit.get("score") == 0
    ]
