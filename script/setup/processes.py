"""What /proc says about processes: who is whose child, and which a killed start has left over."""

import ctypes
import json
import os
import signal
import time
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
MARK_VARIABLE = "LOOMPRINT_RUN"


@dataclass(frozen=True)
class Process:
    """One line of /proc. `started` is in clock ticks since boot: with the pid it names a process for good."""

    pid: int
    parent: int
    session: int
    state: str
    started: int

    @property
    def is_zombie(self) -> bool:
        return self.state in {"Z", "X"}


@dataclass(frozen=True)
class Record:
    """What is written down about a started process, so that a later start can find it."""

    name: str
    pid: int
    started: int
    boot: str
    stage: int
    stop_signal: int


def look(pid: int) -> Process | None:
    """The process, or None when there is none of this number."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # The name stands in parentheses and may itself contain spaces and parentheses (proc(5)).
    fields = text[text.rindex(")") + 2 :].split()
    return Process(pid, int(fields[1]), int(fields[3]), fields[0], int(fields[19]))


def table() -> dict[int, Process]:
    """All processes that can be seen."""
    found = (look(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())
    return {process.pid: process for process in found if process}


def descendants(pid: int, processes: dict[int, Process]) -> list[Process]:
    """Children, their children and so on, of the table given."""
    children: dict[int, list[Process]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.append(child)
            waiting.append(child.pid)
    return found


def become_subreaper() -> bool:
    """Let orphans among our descendants become our children (prctl(2)), so that none can slip away."""
    return bool(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def reap_adopted(managed: Collection[int]) -> None:
    """Take the exit status of dead orphans that became our children, which nobody else will ask for."""
    for process in table().values():
        if process.parent == os.getpid() and process.is_zombie and process.pid not in managed:
            try:
                os.waitpid(process.pid, os.WNOHANG)
            except ChildProcessError:
                pass


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def is_same(record: Record) -> bool:
    """Whether the recorded process still lives, and is not another that got its number."""
    process = look(record.pid)
    return (
        record.boot == boot_id() and process is not None and process.started == record.started and not process.is_zombie
    )


def carries_mark(pid: int, mark: str) -> bool:
    """Whether the process was started with our mark in its environment (others' cannot be read)."""
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return f"{MARK_VARIABLE}={mark}".encode() in environ.split(b"\0")


def write_record(folder: Path, *, name: str, pid: int, stage: int, stop_signal: int) -> None:
    process = look(pid)
    if process is not None:
        record = Record(name, pid, process.started, boot_id(), stage, stop_signal)
        (folder / f"{name}.json").write_text(json.dumps(asdict(record)) + "\n")


def read_records(folder: Path) -> list[Record]:
    """All readable records; one torn by a crash of the machine names nothing that lives."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(Record(**json.loads(path.read_text())))
        except (ValueError, TypeError, FileNotFoundError):
            continue
    return found


def forget_record(folder: Path, name: str) -> None:
    (folder / f"{name}.json").unlink(missing_ok=True)


def end(pids: Iterable[int], *, first: int = signal.SIGTERM, grace: float = 5.0) -> None:
    """Ask these processes to end, kill those that have not within the grace, return when all are gone."""
    wanted = {pid: process for pid in pids if (process := look(pid))}
    _signal_all(wanted, first)
    deadline = time.monotonic() + grace
    killed = False
    while wanted := {pid: was for pid, was in wanted.items() if _lives(was)}:
        if not killed and time.monotonic() > deadline:
            _signal_all(wanted, signal.SIGKILL)
            killed = True
            deadline += 5
        elif killed and time.monotonic() > deadline:
            return  # in the kernel's hands (uninterruptible sleep): nothing more can be sent
        time.sleep(0.05)


def _lives(was: Process) -> bool:
    now = look(was.pid)
    if now is not None and now.is_zombie and now.parent == os.getpid():
        try:
            os.waitpid(was.pid, os.WNOHANG)
        except ChildProcessError:
            pass
    return now is not None and now.started == was.started and not now.is_zombie


def _signal_all(processes: dict[int, Process], number: int) -> None:
    for pid in processes:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def end_leftovers(folder: Path, mark: str, *, grace: float = 10.0) -> list[str]:
    """End what a start that was killed hard left running, in stopping order. The names of what was ended.

    A process counts as ours when its pid AND start time are on record, when it shares such a process's
    session or descends from it, or when it carries our mark in its environment.
    """
    records = [record for record in read_records(folder) if record.pid != os.getpid()]
    ended = []
    for record in sorted(records, key=lambda record: record.stage):
        if is_same(record):
            processes = table()
            others = {process.pid for process in descendants(record.pid, processes)}
            others |= {process.pid for process in processes.values() if process.session == record.pid}
            end([record.pid], first=record.stop_signal, grace=grace)
            end(others - {record.pid, os.getpid()}, grace=2.0)
            ended.append(record.name)
        forget_record(folder, record.name)
    strays = [pid for pid in table() if pid != os.getpid() and carries_mark(pid, mark)]
    if strays:
        end(strays, grace=grace)
        ended.append(f"{len(strays)} more")
    return ended
