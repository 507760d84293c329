import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from script.setup.supervisor import Program, Supervisor


@pytest.fixture
def supervised(tmp_path: Path) -> Callable[[Callable[[Supervisor], Coroutine[Any, Any, None]]], None]:
    """Runs a story with a supervisor of its own, and ends everything after it."""

    def run(story: Callable[[Supervisor], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            (tmp_path / "run").mkdir(exist_ok=True)
            supervisor = Supervisor(
                run_folder=tmp_path / "run", log_folder=tmp_path / "log", mark=tmp_path.name, first_delay=0.05
            )
            try:
                await asyncio.wait_for(story(supervisor), 30)
            finally:
                await supervisor.stop()

        asyncio.run(main())

    return run


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Program]:
    """A program whose source is a few lines of Python, run in the test's folder."""

    def make(name: str, source: str, **changes: Any) -> Program:
        return Program(
            name=name,
            command=[sys.executable, "-S", "-c", source],
            env={"PATH": "/usr/bin:/bin"},
            cwd=tmp_path,
            **changes,
        )

    return make
