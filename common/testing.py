"""What tests of several rooms share."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

from django.db import connection
from eth_utils.address import to_checksum_address

if TYPE_CHECKING:
    from playwright.sync_api import Browser

T = TypeVar("T")

PASSWORD = "violet harbor 17 lanterns"  # noqa: S105 (of accounts that live for one test)

CONTRACTS = (
    "AccessManager",
    "DesignRegistry",
    "DesignShares",
    "DesignLicenses",
    "LicenseMarket",
    "TestStablecoin",
    "ERC2771Forwarder",
    "RoyaltyInbox",
    "ResaleMarket",
    "DesignViews",
    "Lineage",
)


def addresses() -> dict[str, str]:
    """Made-up addresses of our contracts, the same every time."""
    return {name: to_checksum_address(f"0x{number:040x}") for number, name in enumerate(CONTRACTS, start=0xC0)}


def wait_until(condition: Callable[[], object], *, seconds: float = 150, what: str = "") -> None:
    """Ask again and again until it is so. Raises AssertionError after `seconds`, which says `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not so after {seconds} s: {what or condition}")
        time.sleep(0.1)


def others_wait() -> int:
    """How many others wait for what somebody holds in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        (found,) = cursor.fetchone()
    return int(found)


def at_once(act: Callable[[int], T], times: int = 4) -> list[T]:
    """Do it so many times in the same moment, each in a thread and a transaction of its own."""
    together = Barrier(times)

    def run(number: int) -> T:
        try:
            together.wait(timeout=60)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@contextmanager
def running_chromium() -> "Iterator[Browser]":
    """The Chromium of CHROMIUM_PATH, without a window, drawing 3D in software."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-quic", "--use-gl=angle", "--use-angle=swiftshader"]
    flags.append("--enable-unsafe-swiftshader")
    # Only what is 3D goes through the emulated card: pages that it composes take twice the processor's time.
    flags += ["--disable-gpu-compositing", "--disable-gpu-rasterization"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM_PATH"), args=flags)
        yield browser
        browser.close()
