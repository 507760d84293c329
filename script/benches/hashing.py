"""Hashing 2 GB on the verify page in Chromium: seconds, what the page still answers, and its memory.

Start `script/server` first. The file is sparse: it fills no disk, and costs the browser the same.
"""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from common.testing import running_chromium
from script.setup.paths import Home

from .pages import address_of_server
from .report import Report, Row

SIZE = 2 * 1024**3
LONGEST_TASK_MS = 50.0  # what the Long Tasks API calls long
MEMORY_MB = 128.0
WATCH = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) longest = Math.max(longest, one.duration);
  }).observe({type: "longtask"});
  window.frames = []; let last = performance.now();
  const tick = (now) => { frames.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""


def measure() -> Report:
    """Raises Refusal where no server answers."""
    address = address_of_server(Home.of_checkout())
    with running_chromium() as browser, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "two-gigabytes.bin"
        with file.open("wb") as stream:
            stream.truncate(SIZE)
        page = browser.new_page()
        bodies: list[str] = []
        page.on("request", lambda request: bodies.append(request.url) if request.post_data_buffer else None)
        page.goto(address + "verify/")
        page.evaluate(WATCH)
        before = peak = _resident_mb(page)
        began = time.monotonic()
        page.locator("[data-verify-input]").set_input_files(file)
        while not page.locator("[data-verdict]").count():
            peak = max(peak, _resident_mb(page))
            page.wait_for_timeout(250)
        seconds = time.monotonic() - began
        longest = float(page.evaluate("longest"))
        frames = sorted(page.evaluate("frames"))
    rows = [
        Row("hashing.seconds", round(seconds, 1), "s", None, "lower"),
        Row("hashing.rate", round(SIZE / seconds / 1e6), "MB/s", None, "higher"),
        Row("hashing.longest_task", round(longest), "ms", LONGEST_TASK_MS, "lower"),
        Row("hashing.frame_99th", round(frames[len(frames) * 99 // 100]), "ms", None, "lower"),
        Row("hashing.memory_growth", round(peak - before), "MB", MEMORY_MB, "lower"),
        Row("hashing.request_bodies", len(bodies), "requests", 0, "lower"),
    ]
    return Report("hashing", rows, ["a sparse file; Chromium without a window; memory is the renderer's resident set"])


def _resident_mb(page: Page) -> float:
    """The resident set of all renderers of this browser together."""
    session = page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    pages = 0
    for process in found:
        if process["type"] == "renderer":
            words = Path(f"/proc/{process['id']}/statm").read_text().split()
            pages += int(words[1])
    return pages * 4096 / 1e6
