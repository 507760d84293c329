"""A child process has limits, no network and no word that is believed unchecked (law 7)."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from designs.sandbox import ChildFailed, Limits, run_child
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


def confined(program: str, **limits) -> dict:
    """What a program sees that has confined itself as every child does."""
    order = {"cpu_seconds": 5, "memory_bytes": 1024**3, "file_bytes": 1000, "open_files": 32}
    order |= {"processes": 64, "threads": 1} | limits
    script = (
        "import json, sys, resource, socket, os\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from designs.untrusted.main import confine\n"
        f"missing = confine({order!r})\n"
        f"{program}\n"
        "print(json.dumps({'missing': missing, 'seen': seen}))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, timeout=60)
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
        "listener = socket.socket()\n"
        "try:\n"
        f"    socket.create_connection(('127.0.0.1', {open_port()[1]}), timeout=2)\n"
        "    seen = 'connected'\n"
        "except OSError as error:\n"
        "    seen = 'refused'\n"
    )
    result = confined(program)
    # Where the kernel forbids namespaces to ordinary users, that is said instead.
    assert result["seen"] == "refused" or result["missing"]


def open_port():
    import socket

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
