import asyncio
import itertools
import os
import signal
import subprocess
import time
from pathlib import Path

from script.setup import processes
from script.setup.supervisor import Stage, Supervisor
from script.setup.telling import Refusal

SLEEP = "import time; time.sleep(600)"


async def until(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def lives(pid: int) -> bool:
    process = processes.look(pid)
    return process is not None and not process.is_zombie


def test_a_killed_program_is_started_again(supervised, program, tmp_path: Path) -> None:
    async def story(supervisor: Supervisor) -> None:
        await supervisor.start(program("steady", SLEEP))
        first = supervisor.pid_of("steady")
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.pid_of("steady") not in (None, first))
        assert supervisor.deaths == {"steady": 1}
        assert lives(supervisor.pid_of("steady"))

    supervised(story)


def test_the_pause_before_a_restart_doubles(supervised, program, tmp_path: Path) -> None:
    async def story(supervisor: Supervisor) -> None:
        source = "import time; open('starts', 'a').write(f'{time.monotonic()}\\n'); raise SystemExit(1)"
        await supervisor.start(program("crasher", source))
        await until(lambda: supervisor.deaths.get("crasher", 0) >= 4)
        starts = [float(line) for line in (tmp_path / "starts").read_text().split()]
        pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
        assert pauses[0] >= 0.05
        assert pauses[1] >= 0.10
        assert pauses[2] >= 0.20

    supervised(story)


def test_what_a_dead_program_left_is_ended_before_it_starts_again(supervised, program, tmp_path: Path) -> None:
    # A child of the dead leader would still hold the port that the next one wants.
    source = (
        "import os, time\n"
        "child = os.fork()\n"
        "if child == 0: time.sleep(600)\n"
        "open('children', 'a').write(f'{child}\\n')\n"
        "time.sleep(600)\n"
    )

    async def story(supervisor: Supervisor) -> None:
        children = tmp_path / "children"
        await supervisor.start(program("parent", source))
        await until(lambda: children.is_file() and children.read_text())
        first_child = int(children.read_text())
        os.kill(supervisor.pid_of("parent"), signal.SIGKILL)
        await until(lambda: len(children.read_text().split()) == 2)
        assert not lives(first_child)

    supervised(story)


def test_stop_ends_grandchildren_even_in_sessions_of_their_own(supervised, program, tmp_path: Path) -> None:
    source = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        open('grandchild', 'w').write(str(os.getpid()))\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "time.sleep(600)\n"
    )
    found: list[int] = []

    async def story(supervisor: Supervisor) -> None:
        path = tmp_path / "grandchild"
        await supervisor.start(program("parent", source))
        await until(lambda: path.is_file() and path.read_text())
        found.append(int(path.read_text()))
        assert lives(found[0])

    supervised(story)
    assert not lives(found[0])
    mine = [process for process in processes.table().values() if process.parent == os.getpid()]
    assert [process for process in mine if process.is_zombie] == []


def test_stop_ends_nothing_that_it_did_not_start(supervised, program) -> None:
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:

        async def story(supervisor: Supervisor) -> None:
            await supervisor.start(program("steady", SLEEP))
            os.kill(supervisor.pid_of("steady"), signal.SIGKILL)
            await until(lambda: supervisor.deaths.get("steady"))

        supervised(story)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_later_stages_end_after_earlier_ones_are_gone(supervised, program, tmp_path: Path) -> None:
    source = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.2)\n"
        "    open('order', 'a').write(sys.argv[0] + NAME + '\\n')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(NAME + '.ready', 'w')\n"
        "while True: time.sleep(60)\n"
    )

    async def story(supervisor: Supervisor) -> None:
        wanted = [("database", Stage.DATABASE), ("web", Stage.FRONT), ("chain", Stage.CHAIN)]
        for name, stage in wanted:
            await supervisor.start(program(name, f"NAME = {name!r}\n{source}", stage=stage))
        await until(lambda: all((tmp_path / f"{name}.ready").exists() for name, _ in wanted))

    supervised(story)
    order = [line.removeprefix("-c") for line in (tmp_path / "order").read_text().split()]
    assert order == ["web", "chain", "database"]


def test_a_program_that_ignores_the_stop_signal_is_killed_after_its_grace(supervised, program, tmp_path) -> None:
    source = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('deaf', 'w')\ntime.sleep(600)\n"
    pids: list[int] = []

    async def story(supervisor: Supervisor) -> None:
        await supervisor.start(program("deaf-one", source, grace=0.3))
        await until(lambda: (tmp_path / "deaf").exists())
        pids.append(supervisor.pid_of("deaf-one"))

    began = time.monotonic()
    supervised(story)
    assert not lives(pids[0])
    assert time.monotonic() - began < 10


def test_kill_hard_waits_for_no_grace(supervised, program, tmp_path: Path) -> None:
    source = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('deaf', 'w')\ntime.sleep(600)\n"
    took: list[float] = []

    async def story(supervisor: Supervisor) -> None:
        await supervisor.start(program("deaf-one", source, grace=60))
        await until(lambda: (tmp_path / "deaf").exists())
        began = time.monotonic()
        stopping = asyncio.create_task(supervisor.stop())
        await asyncio.sleep(0.1)
        supervisor.kill_hard()
        await stopping
        took.append(time.monotonic() - began)

    supervised(story)
    assert took[0] < 5


def test_a_one_shot_that_succeeds_is_not_run_again(supervised, program, tmp_path: Path) -> None:
    async def story(supervisor: Supervisor) -> None:
        await supervisor.start(program("demo", "open('runs', 'a').write('x')", attempts=3))
        await until(lambda: "demo" in supervisor.finished)
        await asyncio.sleep(0.2)
        assert (tmp_path / "runs").read_text() == "x"
        assert supervisor.deaths == {}

    supervised(story)


def test_a_one_shot_that_fails_is_tried_as_often_as_said(supervised, program, tmp_path: Path) -> None:
    async def story(supervisor: Supervisor) -> None:
        source = "open('runs', 'a').write('x'); raise SystemExit(2)"
        await supervisor.start(program("demo", source, attempts=3))
        await until(lambda: supervisor.deaths.get("demo") == 3)
        await asyncio.sleep(0.3)
        assert (tmp_path / "runs").read_text() == "xxx"
        assert "demo" not in supervisor.finished

    supervised(story)


def test_output_lands_in_the_log_of_its_program(supervised, program, tmp_path: Path, capsys) -> None:
    async def story(supervisor: Supervisor) -> None:
        source = "print('a line'); print('12:00 [info     ] all_is_well')"
        await supervisor.start(program("talker", source, attempts=1))
        await until(lambda: "talker" in supervisor.finished)

    supervised(story)
    assert (tmp_path / "log" / "talker.log").read_text() == "a line\n12:00 [info     ] all_is_well\n"
    shown = capsys.readouterr().out
    assert "talker  | a line" in shown
    assert "all_is_well" not in shown


def test_a_flood_is_shown_in_part_and_logged_whole(supervised, program, tmp_path: Path, capsys) -> None:
    async def story(supervisor: Supervisor) -> None:
        await supervisor.start(program("flood", "for n in range(500): print('line', n)", attempts=1))
        await until(lambda: "flood" in supervisor.finished)

    supervised(story)
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("flood")]
    assert len(shown) == 31
    assert shown[-1].startswith("flood   | … and more, in ")
    assert len((tmp_path / "log" / "flood.log").read_text().splitlines()) == 500


def test_what_a_restart_asks_for_may_fail_without_ending_the_watch(supervised, program, tmp_path: Path) -> None:
    asked: list[int] = []

    async def story(supervisor: Supervisor) -> None:
        async def refuse() -> None:
            asked.append(1)
            raise Refusal("It cannot be repaired.")

        await supervisor.start(program("chain", SLEEP, after_restart=refuse))
        for deaths in (1, 2):
            os.kill(supervisor.pid_of("chain"), signal.SIGKILL)
            await until(lambda wanted=deaths: len(asked) == wanted)
        assert lives(supervisor.pid_of("chain"))

    supervised(story)


def test_run_answers_with_code_and_output(supervised, tmp_path: Path) -> None:
    answers: list[tuple[int, str]] = []

    async def story(supervisor: Supervisor) -> None:
        command = ["/bin/sh", "-c", "echo one; echo two >&2; exit 7"]
        answers.append(await supervisor.run(command, name="step", env={}, cwd=tmp_path))

    supervised(story)
    assert answers == [(7, "one\ntwo")]
