"""Another worker that claims the work of a killed one just before the folder of that one is removed."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection

from common.testing import wait_until
from designs.storage import discard_scratch


class ClaimInBetween:
    """`lost` tells for each folder that the other worker was given whether it was gone while it worked."""

    def __init__(self) -> None:
        self._begun, self._removed = Event(), Event()
        self.lost: list[bool] = []

    def work(self, folder: Path) -> None:
        """What the other worker does instead of its work."""
        self._begun.set()
        assert self._removed.wait(20)
        self.lost.append(not folder.exists())

    def during(
        self, sweep: Callable[[], object], claim: Callable[[], object], service: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Sweep, and let the other worker `claim` when the sweeper of `service` comes to the folder."""

        def another() -> None:
            try:
                wait_until(lambda: self._begun.is_set() or claim(), seconds=20)
            finally:
                connection.close()

        def discard(prefix: str) -> None:
            worker.start()
            self._begun.wait(1)
            discard_scratch(prefix)
            self._removed.set()

        worker = Thread(target=another)
        monkeypatch.setattr(service, "discard_scratch", discard)
        sweep()
        worker.join(20)
