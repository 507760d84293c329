"""A child process has limits, no network and no word that is believed unchecked (law 7)."""

import ast
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from designs.sandbox import ChildFailed, Limits, run, run_child
from designs.sandbox.run import _Conversation
from designs.tests.children import all_children, ready_template
from designs.tests.samples import binary_stl, image_bytes

ROOT = Path(__file__).resolve().parents[2]
GENEROUS = Limits(cpu_seconds=60, wall_seconds=120, memory_bytes=4 * 1024**3)
WAYS = pytest.mark.usefixtures("way")
PARSERS = {"PIL", "trimesh", "mitsuba", "pyoidn", "manifold3d", "scipy", "skimage", "lxml"}


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "master"
    path.write_bytes(image_bytes(size=(1200, 900)))
    return {"input": str(path), "format": "png", "max_pixels": 25_000_000}


@pytest.fixture
def workdir(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture(params=["warm", "cold"])
def way(request, settings) -> str:
    """Forked by a template that is ready, and started by ourselves: what holds for one holds for the other."""
    settings.SANDBOX_WARM = request.param == "warm"
    if settings.SANDBOX_WARM:
        ready_template()
    return request.param


@pytest.fixture
def children() -> Callable[[], set[int]]:
    """The children that this test has made: a node of other tests may run beside it, and must live on."""
    before = all_children()
    return lambda: all_children() - before


def confined(program: str, *, before: str = "files = []", folder: Path | None = None, **limits) -> dict:
    """What a program sees that has confined itself as every child does, in a folder."""
    order = {"cpu_seconds": 5, "memory_bytes": 1024**3, "file_bytes": 1000, "open_files": 32}
    order |= {"processes": 64, "threads": 1} | limits
    script = (
        "import json, sys, resource, socket, os\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        f"{before}\n"
        "from designs.untrusted.confinement import confine\n"
        f"missing = confine({order!r}, files)\n"
        f"{program}\n"
        "print(json.dumps({'missing': missing, 'seen': seen}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, timeout=60, cwd=folder
    )
    return json.loads(done.stdout)


@WAYS
def test_a_child_replies_with_a_bounded_json_object(image, workdir):
    facts = run_child("inspect_image", image, workdir=workdir, limits=GENEROUS)
    assert (facts["width"], facts["height"]) == (1200, 900)


@WAYS
def test_progress_arrives_in_order_from_zero_to_one(image, workdir):
    seen = []
    run_child("derive", image, workdir=workdir, limits=GENEROUS, progress=lambda what, part: seen.append((what, part)))
    parts = [part for _what, part in seen]
    assert parts == sorted(parts)
    assert len(parts) >= 3
    assert all(0 <= part <= 1 for part in parts)


@WAYS
def test_a_slow_child_beats_every_second(tmp_path, workdir):
    path = tmp_path / "master"
    path.write_bytes(image_bytes(size=(3000, 3000)))
    request = {"input": str(path), "format": "png", "max_pixels": 25_000_000}
    beats = [time.monotonic()]
    run_child(
        "derive",
        request,
        workdir=workdir,
        limits=GENEROUS,
        progress=lambda _what, _part: beats.append(time.monotonic()),
    )
    assert max(later - earlier for earlier, later in pairwise([*beats, time.monotonic()])) < 5


@WAYS
def test_an_error_of_the_listener_ends_the_child(image, workdir, children):
    def fail(_what, _part):
        raise KeyError("the database is away")

    with pytest.raises(KeyError, match="the database is away"):
        run_child("derive", image, workdir=workdir, limits=GENEROUS, progress=fail)
    assert children() == set()


def test_limits_of_memory_files_time_and_processors_are_set():
    program = (
        "limit = lambda name: resource.getrlimit(getattr(resource, name))\n"
        "seen = [limit('RLIMIT_AS'), limit('RLIMIT_CPU'), limit('RLIMIT_FSIZE'), limit('RLIMIT_NOFILE'),"
        " limit('RLIMIT_CORE'), len(os.sched_getaffinity(0))]"
    )
    assert confined(program)["seen"] == [[1024**3] * 2, [5, 6], [1000, 1000], [32, 32], [0, 0], 1]


def test_a_child_has_no_network():
    program = (
        "try:\n"
        f"    socket.create_connection(('127.0.0.1', {open_port()[1]}), timeout=2)\n"
        "    seen = 'connected'\n"
        "except OSError as error:\n"
        "    seen = 'refused'\n"
    )
    result = confined(program)
    # Where the kernel forbids namespaces to ordinary users, that is said instead.
    assert result["seen"] == "refused" or result["missing"]


def test_a_child_reaches_no_program_no_process_and_no_file_but_its_own(tmp_path):
    """The database's socket lies in the file system and in no network; a process of its own would outlive it."""
    for name in ("secret", "file", "another"):
        (tmp_path / name).write_text(name)
    (tmp_path / "work").mkdir()
    before = (
        "from pathlib import Path\n"
        "from designs.tests.reaching import reached\n"
        f"house = Path({str(tmp_path)!r})\n"
        "there = socket.socket(socket.AF_UNIX)\n"
        "files = [os.open(house / 'file', os.O_RDONLY)]\n"
        # As an upload of the same bytes does.
        "os.replace(house / 'another', house / 'file')"
    )
    with socket.socket(socket.AF_UNIX) as database:
        database.bind(str(tmp_path / "database"))
        database.listen()
        result = confined(
            "seen = reached(house, there, files[0])", before=before, folder=tmp_path / "work", memory_bytes=2 * 1024**3
        )
    if result["missing"]:
        pytest.skip(f"not with this kernel: {result['missing']}")
    assert result["seen"] == {
        "the database, by a socket that it has": "EPERM",
        "a socket": "EPERM",
        "a pair of sockets": "EPERM",
        "a program in its place": "EPERM",
        "a program beside it": "EPERM",
        "a process": "EPERM",
        "a session": "EPERM",
        "its parent": "EPERM",
        "its parent's limits": "EPERM",
        "a namespace": "EPERM",
        "a ring": "EPERM",
        "a secret": "EACCES",
        "a folder": "EACCES",
        "the accounts": "EACCES",
        "its parent's environment": "EACCES",
        "a new folder": "EACCES",
        "an end of the secret": "EACCES",
        "its file by a name": "EACCES",
        "its file": "file",
        "itself": "done",
        "a file of its folder": "done",
        "a thread": "done",
        "libraries": "done",
        "privileges": False,
        "processes": 64,
    }


def test_calls_by_another_name_end_the_child_or_are_refused(tmp_path):
    """x32 and 32-bit calls have numbers of their own."""
    from designs.untrusted import seccomp

    for machine in seccomp.ARCHITECTURES:
        program = seccomp._program(machine)
        assert program[1:3] == [(seccomp.EQUALS, 1, 0, seccomp.ARCHITECTURES[machine]), (6, 0, 0, seccomp.KILL)]
    if os.uname().machine != "x86_64":
        return
    program = (
        "import ctypes, errno\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.syscall(ctypes.c_long(0x40000000 + 39))\n"
        "seen = errno.errorcode[ctypes.get_errno()]"
    )
    result = confined(program, folder=tmp_path)
    assert result["seen"] == "EPERM" or result["missing"]


def test_that_the_kernel_confines_less_is_said_once_for_each_kind_of_child(workdir, tmp_path, settings, monkeypatch):
    settings.SANDBOX_WARM = False
    program = tmp_path / "main.py"
    program.write_text(
        "import json, os, sys\n"
        "for said in ({'kind': 'unconfined', 'content': ['files (Landlock): no']}, {'kind': 'done', 'content': {}}):\n"
        "    os.write(json.loads(sys.argv[1])['reply_to'], json.dumps(said).encode() + b'\\n')\n"
    )
    monkeypatch.setattr(run, "_PROGRAM", program)
    monkeypatch.setattr(run, "_told", set())
    with capture_logs() as logs:
        for task in ("derive", "derive", "cover"):
            run_child(task, {}, workdir=workdir, limits=GENEROUS)
    assert [(log["log_level"], log["task"], log["missing"]) for log in logs if log["event"] == "child_unconfined"] == [
        ("warning", "derive", ["files (Landlock): no"]),
        ("warning", "cover", ["files (Landlock): no"]),
    ]


def open_port():
    global _LISTENER
    _LISTENER = socket.create_server(("127.0.0.1", 0))
    return _LISTENER.getsockname()


@WAYS
def test_memory_over_the_limit_is_refused_not_swapped(tmp_path, workdir, children):
    path = tmp_path / "master"
    # More than what a template has at hand: a fork begins with memory that was asked for before its limits.
    path.write_bytes(binary_stl(np.random.default_rng(1).random((1_000_000, 3, 3))))
    request = {"input": str(path), "format": "stl_binary", "max_pixels": 1, "max_triangles": 1_000_000}
    limits = Limits(cpu_seconds=30, wall_seconds=60, memory_bytes=48 * 1024**2)
    with pytest.raises(ChildFailed) as failure:
        run_child("inspect_mesh", request, workdir=workdir, limits=limits)
    assert failure.value.code in ("out_of_memory", "unreadable", "crashed")
    assert children() == set()


@WAYS
def test_a_child_that_takes_too_long_is_ended_with_its_group(image, workdir, children):
    started = time.monotonic()
    with pytest.raises(ChildFailed) as failure:
        run_child(
            "derive", image, workdir=workdir, limits=Limits(cpu_seconds=60, wall_seconds=0.05, memory_bytes=2**31)
        )
    assert failure.value.code == "timeout"
    assert time.monotonic() - started < 5
    assert children() == set()


@WAYS
def test_processor_time_over_the_limit_is_a_timeout(tmp_path, workdir):
    path = tmp_path / "master"
    path.write_bytes(image_bytes(size=(5000, 5000)))
    request = {"input": str(path), "format": "png", "max_pixels": 25_000_000}
    with pytest.raises(ChildFailed) as failure:
        run_child(
            "derive", request, workdir=workdir, limits=Limits(cpu_seconds=1, wall_seconds=120, memory_bytes=2**32)
        )
    assert failure.value.code == "timeout"


@WAYS
def test_a_child_killed_from_outside_is_said(image, workdir, children):
    def kill(_what, _part):
        for pid in children():
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(ChildFailed) as failure:
        run_child("derive", image, workdir=workdir, limits=GENEROUS, progress=kill)
    assert failure.value.code == "killed"
    assert children() == set()


def test_a_child_sees_none_of_our_environment(image, workdir, monkeypatch, children, settings):
    settings.SANDBOX_WARM = False
    monkeypatch.setenv("OPERATOR_KEY", "secret")
    seen = []

    def look(_what, _part):
        seen.extend(Path(f"/proc/{pid}/environ").read_bytes() for pid in children())

    run_child("derive", image, workdir=workdir, limits=GENEROUS, progress=look)
    assert seen
    assert all(b"secret" not in environment and b"OMP_NUM_THREADS=2" in environment for environment in seen)


@pytest.mark.parametrize(
    "said",
    [
        b"not json\n",
        b'{"kind": "shout", "content": 1}\n',
        b"[]\n",
        b'{"kind": "done", "content": 5}\n' + b"x" * 300_000 + b"\n",
        b'{"kind": "progress", "content": []}\n',
        b'{"kind": "refused", "content": {}}\n',
        b"[" * 100_000 + b"\n",
        b"x" * 300_000,
    ],
)
def test_a_child_that_talks_nonsense_is_not_believed(said):
    conversation = _Conversation(lambda _what, _part: None)
    conversation._take(said)
    outcome = conversation.outcome(0)
    assert isinstance(outcome, ChildFailed)
    assert outcome.code == "bad_reply"


def test_untrusted_bytes_are_parsed_in_children_only():
    """No module of designs beside untrusted/ (and programs/, whose bytes are our own) imports a parser.

    originality/ reckons with arrays and with pictures that a child has decoded: it opens nothing, but for the files
    that thresholds are fitted on.
    """
    found = []
    for path in sorted((ROOT / "designs").rglob("*.py")):
        room = path.relative_to(ROOT / "designs").parts[0]
        if room in ("untrusted", "programs", "tests"):
            continue
        if room == "originality":
            opens = re.findall(r"Image\.open|trimesh\.load", path.read_text())
            found += [f"{path.name}: {call}" for call in opens if path.name != "halves.py"]
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.name}: {name}" for name in names if name.split(".")[0] in PARSERS]
            found += [f"{path.name}: {name}" for name in names if name.startswith("designs.untrusted")]
    assert found == []


def test_children_need_no_django():
    for path in (ROOT / "designs" / "untrusted").glob("*.py"):
        assert "django" not in {
            name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }, path.name
