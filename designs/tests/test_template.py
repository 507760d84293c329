"""The process that workers fork their children from: it outlives them, is replaced, and keeps nothing of them."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from designs.sandbox import ChildFailed, Limits, end_template, keep_warm, measuring, run_child
from designs.sandbox import template as ours
from designs.tests.children import all_children, children_of, ready_template, resident_bytes
from designs.tests.samples import binary_stl, image_bytes

ROOT = Path(__file__).resolve().parents[2]
GENEROUS = Limits(cpu_seconds=60, wall_seconds=120, memory_bytes=4 * 1024**3)


@pytest.fixture
def request_of(tmp_path):
    path = tmp_path / "master"
    path.write_bytes(image_bytes(size=(1200, 900)))
    (tmp_path / "work").mkdir()
    return {"input": str(path), "format": "png", "max_pixels": 25_000_000}


@pytest.fixture
def workdir(tmp_path, request_of):
    return tmp_path / "work"


@pytest.fixture
def template(settings):
    settings.SANDBOX_WARM = True
    return ready_template()


def warm_of(task, request, workdir, **more) -> bool:
    with measuring() as usages:
        run_child(task, request, workdir=workdir, limits=GENEROUS, **more)
    return usages[0].warm


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def settled(look, wanted, seconds: float = 5.0):
    """What is seen once it is as wanted, or after the time is over."""
    deadline = time.monotonic() + seconds
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen


def test_a_forked_child_is_confined_as_a_started_one(template, request_of, workdir):
    """The limits of the kernel, as it counts them, the session and the place; nothing stays open but three pipes."""
    seen = {}
    others = all_children()

    def look(_what, part):
        (pid,) = all_children() - others
        if part < 1 and not seen:
            limits = Path(f"/proc/{pid}/limits").read_text()
            seen["limits"] = {line[:26].strip(): line[26:68].split() for line in limits.splitlines()[1:]}
            seen["session"] = os.getsid(pid) == pid
            seen["folder"] = os.readlink(f"/proc/{pid}/cwd")
            seen["network"] = os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
            seen["open"] = [os.readlink(f"/proc/{pid}/fd/{number}").split(":")[0] for number in range(4)]
            status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            seen["privileges"] = [status[name] for name in ("NoNewPrivs", "CapEff", "CapBnd", "Seccomp")]

    limits = Limits(cpu_seconds=7, wall_seconds=60, memory_bytes=3 * 1024**3, file_bytes=12_345_678, open_files=40)
    run_child("derive", request_of, workdir=workdir, limits=limits, progress=look)
    assert seen["limits"]["Max cpu time"] == ["7", "8"]
    assert seen["limits"]["Max address space"] == [str(3 * 1024**3)] * 2
    assert seen["limits"]["Max file size"] == ["12345678"] * 2
    assert seen["limits"]["Max open files"] == ["40"] * 2
    assert seen["limits"]["Max core file size"] == ["0"] * 2
    assert seen["limits"]["Max processes"] == ["64"] * 2
    assert (seen["session"], seen["folder"]) == (True, str(workdir))
    assert seen["privileges"] == ["1", "0" * 16, "0" * 16, "2"]
    assert seen["network"] is True or os.geteuid() != 0
    assert seen["open"] == ["/dev/null", "/dev/null", "pipe", "pipe"]


def test_a_killed_child_leaves_the_template_alive(template, request_of, workdir):
    def kill(_what, _part):
        for pid in all_children():
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(ChildFailed) as failure:
        run_child("derive", request_of, workdir=workdir, limits=GENEROUS, progress=kill)
    assert failure.value.code == "killed"
    assert keep_warm() is template
    assert warm_of("inspect_image", request_of, workdir) is True


def test_a_killed_template_takes_its_child_along_and_is_replaced(template, request_of, workdir, monkeypatch):
    monkeypatch.setenv("OPERATOR_KEY", "secret")
    children = set()

    def kill(_what, _part):
        children.update(children_of(template.process.pid))
        template.process.kill()

    with pytest.raises(ChildFailed) as failure:
        run_child("derive", request_of, workdir=workdir, limits=GENEROUS, progress=kill)
    assert failure.value.code == "killed"
    assert len(children) == 1
    assert settled(lambda: any(_runs(pid) for pid in children), False) is False
    # The next file waits for nobody.
    assert warm_of("inspect_image", request_of, workdir) is False
    another = ready_template().process.pid
    assert another != template.process.pid
    assert b"secret" not in Path(f"/proc/{another}/environ").read_bytes()
    assert warm_of("inspect_image", request_of, workdir) is True


def test_a_template_that_does_not_answer_costs_one_file_its_try(template, request_of, workdir, monkeypatch):
    """Stopped, not dead: its end is told by nobody."""
    monkeypatch.setattr(ours, "END_SECONDS", 0.3)
    os.kill(template.process.pid, signal.SIGSTOP)
    limits = Limits(cpu_seconds=60, wall_seconds=0.3, memory_bytes=4 * 1024**3)
    with pytest.raises(ChildFailed) as failure:
        run_child("derive", request_of, workdir=workdir, limits=limits)
    assert failure.value.code == "timeout"
    assert template.process.returncode == -signal.SIGKILL
    assert warm_of("inspect_image", request_of, workdir) is False


def test_where_no_template_starts_children_start_cold(settings, request_of, workdir, monkeypatch, tmp_path):
    settings.SANDBOX_WARM = True
    end_template()
    broken = tmp_path / "template.py"
    broken.write_text("raise SystemExit('no such library')")
    monkeypatch.setattr(ours, "_PROGRAM", broken)
    try:
        assert warm_of("inspect_image", request_of, workdir) is False
        broken_one = ours._ours
        broken_one.process.wait(20)
        for _again in range(2):
            assert warm_of("inspect_image", request_of, workdir) is False
        # It is not tried again at every file.
        assert ours._ours is None
    finally:
        end_template()


def test_twenty_children_leave_nothing_behind(template, request_of, tmp_path, workdir):
    mesh = tmp_path / "mesh"
    mesh.write_bytes(binary_stl())
    read = {"input": str(mesh), "format": "stl_binary", "max_pixels": 1, "max_triangles": 100}

    def a_few(times):
        for _time in range(times):
            run_child("inspect_image", request_of, workdir=workdir, limits=GENEROUS)
            run_child("inspect_mesh", read, workdir=workdir, limits=GENEROUS)

    a_few(2)
    template_pid = template.process.pid
    assert settled(lambda: children_of(template_pid), set()) == set()
    before = [descriptors(os.getpid()), descriptors(template_pid)]
    memory = resident_bytes(template_pid)

    a_few(10)

    assert settled(lambda: children_of(template_pid), set()) == set()
    # A pipe of the last child may have been open still when they were counted before.
    assert settled(lambda: descriptors(os.getpid()) <= before[0] and descriptors(template_pid) <= before[1], True)
    assert resident_bytes(template_pid) - memory < 1024**2


def test_a_template_may_not_write_a_byte(template):
    limits = resource.prlimit(template.process.pid, resource.RLIMIT_FSIZE)
    assert limits[0] == 0
    status = Path(f"/proc/{template.process.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert os.readlink(f"/proc/{template.process.pid}/cwd") == "/"


def test_a_worker_that_is_killed_takes_its_template_along(tmp_path):
    """As when the kernel ends a worker: nobody is left to say goodbye."""
    script = (
        "import os, sys, time\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from designs.sandbox.template import Template\n"
        "template = Template({'PATH': os.defpath})\n"
        "while not (template.alive() and template.ready): time.sleep(0.05)\n"
        "print(template.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with worker:
        pid = next(int(line) for line in worker.stdout if line.strip().isdigit())
        assert _runs(pid)
        worker.kill()
    assert settled(lambda: _runs(pid), False) is False


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_forked_worker_has_a_template_of_its_own(template, request_of, workdir):
    """Celery forks its workers; what its parent had is not theirs to talk to."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, b"none" if ours._ours is None else b"shared")
        os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading, "rb") as said:
        assert said.read() == b"none"
    assert warm_of("inspect_image", request_of, workdir) is True
