"""Keeps programs running: starts, restarts with back-off, logs, ends them with all descendants, in order."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from . import processes
from .logs import LogFile, Screen
from .telling import Refusal, say

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 30.0


class Stage(IntEnum):
    """The order of ending: a later stage ends when the earlier ones are gone."""

    FRONT = 0
    WORKERS = 1
    CHAIN = 2
    REDIS = 3
    DATABASE = 4


@dataclass(frozen=True)
class Program:
    """Something to keep running.

    `grace` is the seconds between the stop signal and SIGKILL. `own_log` lets it write its log file
    itself, so that it survives the supervisor's death unharmed; otherwise its lines pass through us and are
    shown by name.
    `attempts` (one-shot programs only) is how often it is tried until it ends with 0.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    stage: Stage = Stage.WORKERS
    stop_signal: int = signal.SIGTERM
    grace: float = 10.0
    own_log: bool = False
    user: int | None = None
    group: int | None = None
    attempts: int | None = None
    after_restart: Callable[[], Awaitable[None]] | None = None


@dataclass
class _Running:
    program: Program
    process: asyncio.subprocess.Process
    log: LogFile
    began: float = field(default_factory=time.monotonic)


class Supervisor:
    """Owns every process it starts. Use from one event loop; `stop` may be called at any time, and again."""

    def __init__(self, *, run_folder: Path, log_folder: Path, mark: str, first_delay: float = FIRST_DELAY) -> None:
        self.run_folder = run_folder
        self.log_folder = log_folder
        self.mark = mark
        self.deaths: dict[str, int] = {}
        self.finished: set[str] = set()
        self._first_delay = first_delay
        self._running: dict[str, _Running] = {}
        self._managed: set[int] = set()
        self._sessions: set[int] = set()
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._follow_ups: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._hard = asyncio.Event()
        self._spawning = asyncio.Lock()
        processes.become_subreaper()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def names(self) -> list[str]:
        """What runs at this moment."""
        return list(self._running)

    def pid_of(self, name: str) -> int | None:
        running = self._running.get(name)
        return running.process.pid if running else None

    async def start(self, program: Program) -> None:
        """Start it and keep it running from now on. Raises Refusal when it cannot even be executed."""
        running = await self._spawn(program)
        self._keepers[program.name] = asyncio.create_task(self._keep(running))

    async def run(
        self,
        command: Sequence[str],
        *,
        name: str,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
    ) -> tuple[int, str]:
        """Run a command to its end: its exit code and what it printed (also in its log)."""
        lines: list[str] = []

        def take(line: str) -> None:
            lines.append(line)
            if on_line is not None:
                on_line(line)

        log = LogFile(self.log_folder / f"{name}.log", on_line=take)
        process = await self._execute(command, env=env, cwd=cwd, log=log)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            _send(process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 5.0)
            except TimeoutError:
                _send(process.pid, signal.SIGKILL)
            raise
        finally:
            self._managed.discard(process.pid)
            await self._end_strays({process.pid})
            await log.finish()
        return code, "\n".join(lines)

    async def end(self, name: str) -> None:
        """End one program and keep it ended."""
        keeper = self._keepers.pop(name, None)
        if keeper:
            keeper.cancel()
        running = self._running.get(name)
        if running:
            await self._end(running)

    async def stop(self) -> None:
        """End everything, stage by stage, and whatever descendants are left after that."""
        self._stopping.set()
        for stage in Stage:
            here = [running for running in self._running.values() if running.program.stage == stage]
            await asyncio.gather(*(self._end(running) for running in here))
        tasks = [*self._keepers.values(), *self._follow_ups]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end_strays(self._sessions)

    def kill_hard(self) -> None:
        """Let a running `stop` wait for nothing any more."""
        self._hard.set()

    async def _spawn(self, program: Program) -> _Running:
        path = self.log_folder / f"{program.name}.log"
        log = LogFile(path, on_line=None if program.own_log else Screen(program.name, path).show)
        process = await self._execute(
            program.command, env=program.env, cwd=program.cwd, log=log, user=program.user, group=program.group
        )
        running = _Running(program, process, log)
        self._running[program.name] = running
        processes.write_record(
            self.run_folder,
            name=program.name,
            pid=process.pid,
            stage=program.stage,
            stop_signal=program.stop_signal,
        )
        return running

    async def _execute(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: LogFile,
        user: int | None = None,
        group: int | None = None,
    ) -> asyncio.subprocess.Process:
        """A session of its own for each: the terminal's Ctrl-C reaches us alone, and we choose the order."""
        async with self._spawning:
            if self._stopping.is_set():
                raise asyncio.CancelledError
            output = log.open()
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    env={**env, processes.MARK_VARIABLE: self.mark},
                    cwd=cwd,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    user=user,
                    group=group,
                    extra_groups=None if user is None else [],
                )
            except OSError as error:
                raise Refusal(f"{command[0]} cannot be started ({error.strerror}).") from error
            finally:
                log.opened()
            self._managed.add(process.pid)
            self._sessions.add(process.pid)
            return process

    async def _keep(self, running: _Running) -> None:
        program = running.program
        in_a_row = 0
        while True:
            code = await running.process.wait()
            lived = time.monotonic() - running.began
            self._managed.discard(running.process.pid)
            if self._stopping.is_set():
                return
            await self._end_strays({running.process.pid})
            await running.log.finish()
            self._running.pop(program.name, None)
            processes.forget_record(self.run_folder, program.name)
            if program.attempts is not None and code == 0:
                self.finished.add(program.name)
                return
            self.deaths[program.name] = self.deaths.get(program.name, 0) + 1
            in_a_row = in_a_row + 1 if lived < HEALTHY_AFTER else 1
            ended = f"{program.name} {_how(code)} after {lived:.0f} s"
            if program.attempts is not None and in_a_row >= program.attempts:
                say(f"  !!  {ended} and is not tried again (see {running.log.path})")
                return
            delay = min(self._first_delay * 2 ** (in_a_row - 1), LONGEST_DELAY)
            say(f"  !!  {ended}; starting it again in {delay:g} s (see {running.log.path})")
            try:
                await asyncio.wait_for(self._stopping.wait(), delay)
                return
            except TimeoutError:
                pass
            try:
                running = await self._spawn(program)
            except Refusal as refusal:
                say(f"  !!  {refusal}")
                return
            if program.after_restart:
                self._follow_ups.append(asyncio.create_task(_follow_up(program.after_restart)))

    async def _end(self, running: _Running) -> None:
        process, program = running.process, running.program
        if process.returncode is None:
            _send(process.pid, signal.SIGKILL if self._hard.is_set() else program.stop_signal)
            waits = [
                asyncio.create_task(process.wait()),
                asyncio.create_task(self._hard.wait()),
            ]
            await asyncio.wait(waits, timeout=program.grace, return_when=asyncio.FIRST_COMPLETED)
            if process.returncode is None:
                if not self._hard.is_set():
                    say(f"  !!  {program.name} did not end within {program.grace:g} s: killed")
                _send(process.pid, signal.SIGKILL)
                await process.wait()
            for wait in waits:
                wait.cancel()
        self._managed.discard(process.pid)
        await self._end_strays({process.pid})
        await running.log.finish()
        self._running.pop(program.name, None)
        processes.forget_record(self.run_folder, program.name)

    async def _end_strays(self, sessions: set[int]) -> None:
        """End what gone leaders left: members of their sessions, and marked orphans that are now ours."""
        async with self._spawning:
            left = [
                process.pid
                for process in processes.descendants(os.getpid(), processes.table())
                if process.pid not in self._managed
                and (
                    process.session in sessions
                    or (process.parent == os.getpid() and processes.carries_mark(process.pid, self.mark))
                )
            ]
            if left:
                await asyncio.to_thread(processes.end, left, grace=0.0 if self._hard.is_set() else 3.0)
            processes.reap_adopted(self._managed)


async def _follow_up(action: Callable[[], Awaitable[None]]) -> None:
    """What a restart asks for, beside the watching of the program, which may die again meanwhile."""
    try:
        await action()
    except Refusal as refusal:
        say(f"  !!  {refusal}")


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _how(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
