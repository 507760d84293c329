import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from script.setup import processes

# A stand-in for script/server: starts one program and waits, until it is killed hard.
SERVER = """
import asyncio, sys
from pathlib import Path
from script.setup.supervisor import Program, Supervisor

async def main(folder):
    supervisor = Supervisor(run_folder=folder / "run", log_folder=folder / "log", mark=sys.argv[2])
    source = ("import os, time\\n"
              "child = os.fork()\\n"
              "if child: open('pids', 'w').write(f'{os.getpid()} {child}')\\n"
              "time.sleep(600)")
    await supervisor.start(Program("sleeper", [sys.executable, "-S", "-c", source], {"PATH": "/bin"}, folder))
    await asyncio.sleep(600)

asyncio.run(main(Path(sys.argv[1])))
"""


def lives(pid: int) -> bool:
    process = processes.look(pid)
    return process is not None and not process.is_zombie


Found = TypeVar("Found")


def wait_for(what: Callable[[], Found]) -> Found:
    deadline = time.monotonic() + 10
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def two_numbers(path: Path) -> list[int]:
    words = path.read_text().split() if path.is_file() else []
    return [int(word) for word in words] if len(words) == 2 else []


def test_the_next_start_ends_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    root = Path(__file__).resolve().parents[2]
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path), "mark-1"], cwd=root)
    leader, child = wait_for(lambda: two_numbers(tmp_path / "pids"))
    wait_for(lambda: processes.read_records(tmp_path / "run"))
    server.send_signal(signal.SIGKILL)
    server.wait()
    assert lives(leader)
    assert lives(child)

    assert processes.end_leftovers(tmp_path / "run", "mark-1", grace=2) == ["sleeper"]

    assert not lives(leader)
    assert not lives(child)
    assert processes.read_records(tmp_path / "run") == []


def test_a_process_that_only_got_the_old_number_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        processes.write_record(tmp_path, name="web", pid=stranger.pid, stage=0, stop_signal=signal.SIGTERM)
        (record,) = processes.read_records(tmp_path)
        reused = dataclasses.replace(record, started=record.started - 1)
        (tmp_path / "web.json").write_text(json.dumps(dataclasses.asdict(reused)))

        assert processes.end_leftovers(tmp_path, "mark-2", grace=1) == []

        assert stranger.poll() is None
        assert processes.read_records(tmp_path) == []
    finally:
        stranger.kill()
        stranger.wait()


def test_a_record_from_before_the_last_boot_names_nothing(tmp_path: Path) -> None:
    processes.write_record(tmp_path, name="web", pid=os.getpid(), stage=0, stop_signal=signal.SIGTERM)
    (record,) = processes.read_records(tmp_path)
    assert processes.is_same(record)
    assert not processes.is_same(dataclasses.replace(record, boot="another"))


def test_a_stray_is_known_by_its_mark_even_without_a_record(tmp_path: Path) -> None:
    marked = {**os.environ, processes.MARK_VARIABLE: "mark-3"}
    stray = subprocess.Popen(["sleep", "600"], env=marked, start_new_session=True)
    try:
        assert processes.end_leftovers(tmp_path, "mark-3", grace=2) == ["1 more"]
        assert not lives(stray.pid)
    finally:
        stray.kill()


def test_a_torn_record_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text('{"name": "web", "pid"')
    assert processes.read_records(tmp_path) == []
