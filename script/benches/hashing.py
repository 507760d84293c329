"""A file of 2 GB on the verify page: time to its answer, and the longest time for which the page stood still.

Start `script/server` first. The file is made of random bytes in the checkout's var and deleted afterwards. The peer, in
the same run on the same file: Python's hashlib, which is OpenSSL, reading slices of the same size.
"""

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from script.setup.browser import chromium_for
from script.setup.paths import Home

from .pages import address_of_server
from .report import Peer, Report, Row

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZE = 2 * 1024**3
SLICE = 4 * 1024**2
# A page that answers within a tenth of a second is felt as one that answers at once.
FREEZE = 100.0
# Every turn of the page's own thread that a timer gets; between two of them nothing else could run either.
WATCH = """() => {
  let last = performance.now();
  window.longest = 0;
  setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
}"""


def measure() -> Report:
    """Raises Refusal where no server answers."""
    from playwright.sync_api import sync_playwright

    home = Home.of_checkout()
    address = address_of_server(home)
    path = home.var / "bench-hashing.bin"
    try:
        _fill(path)
        began = time.monotonic()
        wanted = _sha256(path)
        native = time.monotonic() - began
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(chromium_for(home)), args=["--no-sandbox", "--disable-quic"]
            )
            seconds, longest, sent = _ask(browser.new_page(), address, path, wanted)
            browser.close()
    finally:
        path.unlink(missing_ok=True)
    return Report(
        "hashing",
        [
            Row("hashing.2gb.seconds", seconds, "s", peer=Peer("hashlib", round(native, 2))),
            Row("hashing.2gb.longest_freeze", longest, "ms", FREEZE),
            Row("hashing.2gb.sent", sent / 1024, "kB", 64),
        ],
        [f"{SIZE} bytes, {os.cpu_count()} cores; the hash on the page is hashlib's: sha256 {wanted}"],
    )


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(SIZE // SLICE):
            file.write(os.urandom(SLICE))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(SLICE):
            digest.update(piece)
    return digest.hexdigest()


def _ask(page: "Page", address: str, path: Path, wanted: str) -> tuple[float, float, int]:
    """Seconds from the choice to the answer, milliseconds of the longest stillness, and bytes that left the browser."""
    sent: list[int] = []

    def count(request: Any) -> None:
        sizes = len(request.post_data_buffer or b"") + len(request.url)
        sent.append(sizes)

    page.goto(f"{address}verify/")
    page.on("request", count)
    page.evaluate(WATCH)
    began = time.monotonic()
    page.locator("[data-verify-input]").set_input_files(path)
    page.locator(f"[data-verify-list] :text('{wanted}')").first.wait_for(timeout=600_000)
    return time.monotonic() - began, float(page.evaluate("longest")), sum(sent)
